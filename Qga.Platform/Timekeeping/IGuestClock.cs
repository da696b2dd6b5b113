namespace Qga.Platform.Timekeeping;

/// <summary>The guest's clocks.</summary>
public interface IGuestClock;
