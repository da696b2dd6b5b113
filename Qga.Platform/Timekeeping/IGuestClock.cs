namespace Qga.Platform.Timekeeping;

/// <summary>The guest's clocks: the system's, and the hardware clock that goes on while the guest is off.</summary>
public interface IGuestClock
{
    /// <summary>The system's time, in nanoseconds since 1970 UTC.</summary>
    long Now { get; }

    /// <summary>The year of a time in the local time zone; null if there is none.</summary>
    /// <param name="seconds">Seconds since 1970 UTC.</param>
    int? LocalYear(long seconds);

    /// <summary>Sets the system's time, in nanoseconds since 1970 UTC.</summary>
    /// <exception cref="PlatformException">The kernel refused.</exception>
    void Set(long time);

    /// <summary>Sets the hardware clock to the system's time, to half a second.</summary>
    /// <exception cref="PlatformException">There is no hardware clock, or it can't be set.</exception>
    void SetHardwareClock();

    /// <summary>Sets the system's time to the hardware clock's, for which it waits until the next second begins.</summary>
    /// <exception cref="PlatformException">There is no hardware clock, it can't be read, or the kernel refused.</exception>
    void SetFromHardwareClock();
}
