using Qga.Platform;
using Qga.Platform.Native;
using Qga.Platform.Timekeeping;

namespace Qga.Actors.Tests.Timekeeping;

/// <summary>The guest's clocks, as a test wants it.</summary>
internal sealed class FakeClock : IGuestClock
{
    public long Now { get; set; } = 1_000_000_000_123_456_789;

    /// <summary>The hardware clock, in seconds since 1970 UTC.</summary>
    internal long Hardware { get; set; } = 1;

    internal Errno SetError { get; set; }

    internal Errno HardwareError { get; set; }

    /// <summary>How far local time is ahead of UTC.</summary>
    internal TimeSpan Offset { get; set; }

    public int? LocalYear(long seconds) => (DateTime.UnixEpoch.AddSeconds(seconds) + Offset).Year;

    public void Set(long time)
    {
        ThrowIf(SetError, "Failed to set time to guest");
        Now = time;
    }

    public void SetHardwareClock()
    {
        ThrowIf(HardwareError, "failed to open hardware clock /dev/rtc0");
        Hardware = Now / 1_000_000_000;
    }

    public void SetFromHardwareClock()
    {
        ThrowIf(HardwareError, "failed to open hardware clock /dev/rtc0");
        Set(Hardware * 1_000_000_000);
    }

    private static void ThrowIf(Errno errno, string what)
    {
        if (errno != Errno.Success)
            throw new SystemCallException(errno, what);
    }
}
