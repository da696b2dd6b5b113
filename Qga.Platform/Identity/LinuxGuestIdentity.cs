namespace Qga.Platform.Identity;

/// <summary>What the guest is: its names, its system, who is logged in, of a Linux guest.</summary>
public sealed class LinuxGuestIdentity : IGuestIdentity;
