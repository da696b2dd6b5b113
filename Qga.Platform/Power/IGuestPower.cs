namespace Qga.Platform.Power;

/// <summary>The ways in which the guest goes down or sleeps.</summary>
public interface IGuestPower;
