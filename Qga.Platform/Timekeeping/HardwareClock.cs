using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Timekeeping;

/// <summary>The clock that the kernel takes the time from when it boots, open; only one process at a time can have it so.</summary>
internal sealed class HardwareClock : IDisposable
{
    /// <summary>How often the clock is looked at for the beginning of a second.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(1);

    /// <summary>Half a second more than the longest second of a clock that was set a moment ago.</summary>
    private static readonly TimeSpan LongestSecond = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private readonly SafeFileHandle _device;
    private readonly bool _isLocal;

    private HardwareClock(string path, SafeFileHandle device, bool isLocal) => (_path, _device, _isLocal) = (path, device, isLocal);

    /// <param name="root">What goes before the path of every file.</param>
    /// <exception cref="PlatformException">There is none, or it can't be opened.</exception>
    public static HardwareClock Open(string root)
    {
        var path = PathOf(root);
        SystemCallException.ThrowIfFailed(LibC.Open(path, LibC.O_RDONLY, out var device), $"failed to open hardware clock {path}");
        return new HardwareClock(path, device, IsLocal(root));
    }

    /// <summary>Sets it to a time in seconds since 1970 UTC.</summary>
    /// <exception cref="PlatformException">It can't be set.</exception>
    public void Set(long seconds)
    {
        LibC.CalendarTime time;
        var errno = _isLocal ? LibC.LocalTime(seconds, out time) : LibC.UniversalTime(seconds, out time);
        if (errno == Errno.Success)
        {
            errno = LibC.SetRtc(_device, new LibC.RtcTime
            {
                Second = time.Second,
                Minute = time.Minute,
                Hour = time.Hour,
                Day = time.Day,
                Month = time.Month,
                Year = time.Year,
                DayOfWeek = time.DayOfWeek,
                DayOfYear = time.DayOfYear,
                IsDaylightSaving = time.IsDaylightSaving,
            });
        }

        SystemCallException.ThrowIfFailed(errno, $"failed to set hardware clock {_path}");
    }

    /// <summary>Waits until its next second begins: it tells no fractions, but the system's clock should not be a second late.</summary>
    /// <returns>Seconds since 1970 UTC.</returns>
    /// <exception cref="PlatformException">It can't be read, or doesn't go.</exception>
    /// <remarks>
    /// Looking again and again costs some hundred reads; but the interrupt that rtc(4) offers for it is missing in many a clock.
    /// </remarks>
    public long AwaitNextSecond()
    {
        var first = Read();
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < LongestSecond; Thread.Sleep(LookInterval))
        {
            var time = Read();
            if (time.Second != first.Second)
                return SecondsOf(time);
        }

        throw new PlatformException($"failed to read hardware clock {_path}: it stands still");
    }

    public void Dispose() => _device.Dispose();

    /// <summary>The clock that the kernel has set its own by, else the first.</summary>
    internal static string PathOf(string root)
    {
        var clocks = $"{root}/sys/class/rtc";
        _ = LibC.List(clocks, out var names);
        var name = names.Find(name => KernelFile.TryRead($"{clocks}/{name}/hctosys") == "1")
            ?? names.Min(StringComparer.Ordinal)
            ?? "rtc0";
        return $"{root}/dev/{name}";
    }

    /// <summary>Whether it has local time, as other systems on the same machine may want: adjtime_config(5).</summary>
    internal static bool IsLocal(string root) =>
        KernelFile.TryRead($"{root}/etc/adjtime")?.Split('\n') is [_, _, var mode, ..] && mode.Trim() == "LOCAL";

    private LibC.RtcTime Read()
    {
        SystemCallException.ThrowIfFailed(LibC.ReadRtc(_device, out var time), $"failed to read hardware clock {_path}");
        return time;
    }

    private long SecondsOf(LibC.RtcTime rtc)
    {
        var time = new LibC.CalendarTime
        {
            Second = rtc.Second,
            Minute = rtc.Minute,
            Hour = rtc.Hour,
            Day = rtc.Day,
            Month = rtc.Month,
            Year = rtc.Year,
        };
        return _isLocal ? LibC.OfLocalTime(time) : LibC.OfUniversalTime(time);
    }
}
