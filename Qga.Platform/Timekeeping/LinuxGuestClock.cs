using Qga.Platform.Native;

namespace Qga.Platform.Timekeeping;

/// <summary>The guest's clocks, of a Linux guest.</summary>
public sealed class LinuxGuestClock : IGuestClock
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly string _root;

    public LinuxGuestClock()
        : this(root: "")
    {
    }

    /// <param name="root">What goes before the path of every file.</param>
    internal LinuxGuestClock(string root) => _root = root;

    public long Now
    {
        get
        {
            var now = LibC.RealTime();
            return (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds;
        }
    }

    public int? LocalYear(long seconds) => LibC.LocalTime(seconds, out var time) == Errno.Success ? time.Year + 1900 : null;

    // To the microsecond, as settimeofday(2) takes it.
    public void Set(long time) =>
        Set(new LibC.TimeSpecification { Seconds = time / NanosecondsPerSecond, Nanoseconds = time % NanosecondsPerSecond / 1000 * 1000 });

    public void SetHardwareClock()
    {
        using var clock = HardwareClock.Open(_root);

        // The clock of a PC begins its next second half a second after it was set, for which hwclock(8) waits for the middle of a
        // second. Set at once it is half a second off at most, and no more is read of it at boot, when the kernel waits for nothing.
        clock.Set(LibC.RealTime().Seconds);
    }

    public void SetFromHardwareClock()
    {
        using var clock = HardwareClock.Open(_root);
        Set(new LibC.TimeSpecification { Seconds = clock.AwaitNextSecond() });
    }

    private static void Set(LibC.TimeSpecification time) =>
        SystemCallException.ThrowIfFailed(LibC.SetRealTime(time), "Failed to set time to guest");
}
