using Qga.Platform.Native;

namespace Qga.Platform.Timekeeping;

/// <summary>
/// Time as the freeze guardian measures it, which passes while the guest is suspended too: CLOCK_BOOTTIME. Its timers stand still meanwhile.
/// </summary>
public sealed class BootClock : TimeProvider
{
    public static readonly BootClock Instance = new();

    private BootClock()
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => LibC.BootTime().Ticks;
}
