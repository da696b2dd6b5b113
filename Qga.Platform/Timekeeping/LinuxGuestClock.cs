namespace Qga.Platform.Timekeeping;

/// <summary>The guest's clocks, of a Linux guest.</summary>
public sealed class LinuxGuestClock : IGuestClock;
