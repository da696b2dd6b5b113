using Qga.Platform.Native;

namespace Qga.Actors.Tests.Timekeeping;

public sealed class GuestSetTimeTests : AgentFixture
{
    [Fact]
    public void Time_of_the_host_sets_both_clocks()
    {
        Assert.Equal("""{"return": {}}""", Ask(StartAgent(), "guest-set-time", "{'time': 1700000000500000000}"));

        Assert.Equal((1_700_000_000_500_000_000, 1_700_000_000), (GuestClock.Now, GuestClock.Hardware));
    }

    [Fact]
    public void Without_a_time_the_hardware_clock_is_taken()
    {
        GuestClock.Hardware = 1_600_000_000;

        Assert.Equal("""{"return": {}}""", Ask(StartAgent(), "guest-set-time"));

        Assert.Equal((1_600_000_000_000_000_000, 1_600_000_000), (GuestClock.Now, GuestClock.Hardware));
    }

    [Theory]
    [InlineData("3155760000000000000", 0)]      // 2070
    [InlineData("-1000000000", 0)]              // 1969
    [InlineData("0", -1)]                       // 1969 west of Greenwich
    [InlineData("3155759999000000000", 1)]      // 2070 east of it
    [InlineData("9223372036854775807", 0)]
    [InlineData("-9223372036854775808", 0)]
    public void Year_outside_of_1970_to_2069_in_local_time_is_refused(string time, int hoursEast)
    {
        GuestClock.Offset = TimeSpan.FromHours(hoursEast);

        Assert.Equal("Invalid time", ErrorOf(Ask(StartAgent(), "guest-set-time", $"{{'time': {time}}}")));
        Assert.Equal((1_000_000_000_123_456_789, 1), (GuestClock.Now, GuestClock.Hardware));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-1000000000", 1)]
    [InlineData("3155759999999999999", 0)]
    [InlineData("3155760000000000000", -1)]
    public void First_and_last_second_of_these_years_are_taken(string time, int hoursEast)
    {
        GuestClock.Offset = TimeSpan.FromHours(hoursEast);

        Assert.Equal("""{"return": {}}""", Ask(StartAgent(), "guest-set-time", $"{{'time': {time}}}"));
        Assert.Equal(long.Parse(time), GuestClock.Now);
    }

    [Fact]
    public void Refusal_of_the_kernel_leaves_the_hardware_clock_alone()
    {
        GuestClock.SetError = Errno.EPERM;

        Assert.Equal(
            "Failed to set time to guest: Operation not permitted",
            ErrorOf(Ask(StartAgent(), "guest-set-time", "{'time': 1700000000000000000}")));
        Assert.Equal(1, GuestClock.Hardware);
    }

    [Fact]
    public void Hardware_clock_that_fails_is_told_apart_from_the_systems_which_stays_set()
    {
        GuestClock.HardwareError = Errno.EBUSY;

        Assert.Equal(
            "the system clock is set, but not the hardware clock: failed to open hardware clock /dev/rtc0: Device or resource busy",
            ErrorOf(Ask(StartAgent(), "guest-set-time", "{'time': 1700000000000000000}")));
        Assert.Equal(1_700_000_000_000_000_000, GuestClock.Now);
    }

    [Fact]
    public void Without_a_hardware_clock_there_is_no_time_to_take()
    {
        GuestClock.HardwareError = Errno.ENOENT;

        Assert.Equal("failed to open hardware clock /dev/rtc0: No such file or directory", ErrorOf(Ask(StartAgent(), "guest-set-time")));
    }
}
