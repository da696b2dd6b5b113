using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>The clocks, clock_gettime(2), and the timers of the one that goes on while the guest is suspended, timerfd_create(2).</summary>
internal static partial class LibC
{
    internal const int CLOCK_REALTIME = 0;
    internal const int CLOCK_BOOTTIME = 7;

    private const int TFD_CLOEXEC = O_CLOEXEC;
    private const int TFD_NONBLOCK = O_NONBLOCK;
    private const int TFD_TIMER_ABSTIME = 1;
    private const long NanosecondsPerTick = 1_000_000_000 / TimeSpan.TicksPerSecond;

    /// <summary><c>struct timespec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpecification
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    /// <summary><c>struct itimerspec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimerSpecification
    {
        internal TimeSpecification Interval;
        internal TimeSpecification Value;
    }

    /// <summary>The time since the start of the guest.</summary>
    internal static TimeSpan BootTime()
    {
        _ = clock_gettime(CLOCK_BOOTTIME, out var time);
        return new TimeSpan((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / NanosecondsPerTick));
    }

    /// <summary>The time since 1970 UTC.</summary>
    internal static TimeSpecification RealTime()
    {
        _ = clock_gettime(CLOCK_REALTIME, out var time);
        return time;
    }

    internal static Errno SetRealTime(TimeSpecification time) => clock_settime(CLOCK_REALTIME, in time) < 0 ? LastError : Errno.Success;

    internal static Errno CreateTimer(out SafeFileHandle timer)
    {
        var descriptor = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
        timer = new SafeFileHandle(descriptor, ownsHandle: true);
        return descriptor < 0 ? LastError : Errno.Success;
    }

    /// <summary>Makes the timer readable at that boot time, at once if it has passed; zero stops it.</summary>
    internal static Errno SetTimer(SafeFileHandle timer, TimeSpan bootTime)
    {
        var specification = new TimerSpecification
        {
            Value = new TimeSpecification
            {
                Seconds = bootTime.Ticks / TimeSpan.TicksPerSecond,
                Nanoseconds = bootTime.Ticks % TimeSpan.TicksPerSecond * NanosecondsPerTick,
            },
        };
        return timerfd_settime(timer, TFD_TIMER_ABSTIME, in specification, 0) < 0 ? LastError : Errno.Success;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out TimeSpecification time);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_settime(int clock, in TimeSpecification time);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_create(int clock, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_settime(SafeFileHandle fd, int flags, in TimerSpecification value, nint oldValue);
}
