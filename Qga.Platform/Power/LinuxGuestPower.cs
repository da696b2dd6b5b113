namespace Qga.Platform.Power;

/// <summary>The ways in which the guest goes down or sleeps, of a Linux guest.</summary>
public sealed class LinuxGuestPower : IGuestPower;
