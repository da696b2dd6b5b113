namespace Qga.Platform.Identity;

/// <summary>What the guest is: its names, its system, who is logged in.</summary>
public interface IGuestIdentity;
