using Qga.Platform.Timekeeping;
using Qga.Testing;

namespace Qga.Platform.Tests.Timekeeping;

public sealed class HardwareClockTests : IDisposable
{
    private readonly ScratchDirectory _root = new();

    [Theory]
    [InlineData("0.0 0 0.0\n0\nLOCAL\n", true)]
    [InlineData("0.0 0 0.0\n0\nLOCAL", true)]
    [InlineData("0.0 0 0.0\n0\nUTC\n", false)]
    [InlineData("0.0 0 0.0\n0\n", false)]
    [InlineData("LOCAL\n", false)]
    [InlineData("", false)]
    public void Third_line_of_adjtime_tells_local_time(string adjtime, bool isLocal)
    {
        Write("etc/adjtime", adjtime);

        Assert.Equal(isLocal, HardwareClock.IsLocal(_root.Root));
    }

    [Fact]
    public void Clock_without_adjtime_has_utc() => Assert.False(HardwareClock.IsLocal(_root.Root));

    [Fact]
    public void Clock_of_the_kernels_own_goes_before_the_first_which_goes_before_none()
    {
        Assert.Equal(_root.PathOf("dev/rtc0"), HardwareClock.PathOf(_root.Root));

        Write("sys/class/rtc/rtc2/hctosys", "0\n");
        Directory.CreateDirectory(_root.PathOf("sys/class/rtc/rtc1"));
        Assert.Equal(_root.PathOf("dev/rtc1"), HardwareClock.PathOf(_root.Root));

        Write("sys/class/rtc/rtc3/hctosys", "1\n");
        Assert.Equal(_root.PathOf("dev/rtc3"), HardwareClock.PathOf(_root.Root));
    }

    [Fact]
    public void Clock_that_is_not_there_is_named()
    {
        var missing = $"failed to open hardware clock {_root.Root}/dev/rtc0: No such file or directory";

        Assert.Equal(missing, Assert.Throws<SystemCallException>(new LinuxGuestClock(_root.Root).SetHardwareClock).Message);
        Assert.Equal(missing, Assert.Throws<SystemCallException>(new LinuxGuestClock(_root.Root).SetFromHardwareClock).Message);
    }

    [Fact]
    public void Device_that_is_no_clock_is_named()
    {
        Write("dev/rtc0", "");

        Assert.Equal(
            $"failed to set hardware clock {_root.Root}/dev/rtc0: Inappropriate ioctl for device",
            Assert.Throws<SystemCallException>(new LinuxGuestClock(_root.Root).SetHardwareClock).Message);
        Assert.Equal(
            $"failed to read hardware clock {_root.Root}/dev/rtc0: Inappropriate ioctl for device",
            Assert.Throws<SystemCallException>(new LinuxGuestClock(_root.Root).SetFromHardwareClock).Message);
    }

    public void Dispose() => _root.Dispose();

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root.PathOf(path))!);
        _root.Write(path, text);
    }
}
