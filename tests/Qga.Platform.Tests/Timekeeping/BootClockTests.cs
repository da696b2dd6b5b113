using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.Timekeeping;

namespace Qga.Platform.Tests.Timekeeping;

public sealed class BootClockTests
{
    [Fact]
    public void Clock_is_the_one_by_which_a_guardian_reckons()
    {
        var before = LibC.BootTime();
        var now = TimeSpan.FromTicks(BootClock.Instance.GetTimestamp());

        Assert.InRange(now, before, LibC.BootTime());
        Assert.InRange(BootClock.Instance.GetElapsedTime(before.Ticks), TimeSpan.Zero, LibC.BootTime() - before);
    }

    /// <summary>The kernel tells the same clock in hundredths of a second.</summary>
    [Fact]
    public void Clock_is_that_of_the_kernel_since_the_start_of_the_guest()
    {
        var before = Uptime();
        var now = TimeSpan.FromTicks(BootClock.Instance.GetTimestamp());

        Assert.InRange(now, before, Uptime() + TimeSpan.FromMilliseconds(10));
    }

    /// <summary>That timer wakes the guardian.</summary>
    [Fact]
    public void Timer_of_a_guardian_runs_by_it()
    {
        Assert.Equal(Errno.Success, LibC.CreateTimer(out var timer));
        using (timer)
        {
            var told = File.ReadAllLines($"/proc/self/fdinfo/{timer.DangerousGetHandle()}");
            Assert.Contains($"clockid: {LibC.CLOCK_BOOTTIME}", told);
        }
    }

    private static TimeSpan Uptime() =>
        TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture));
}
