using Qga.Platform.Timekeeping;

namespace Qga.Platform.Tests.Timekeeping;

/// <summary>What can be asked of this machine's clock, which no test sets.</summary>
public sealed class LinuxGuestClockTests
{
    private readonly LinuxGuestClock _clock = new();

    [Fact]
    public void Now_is_what_others_read()
    {
        var before = DateTime.UtcNow;
        var now = DateTime.UnixEpoch.AddTicks(_clock.Now / 100);

        Assert.InRange(now, before, DateTime.UtcNow);
    }

    [Theory]
    [InlineData(0, 1970)]
    [InlineData(1_700_000_000, 2023)]
    [InlineData(9_223_372_036, 2262)]
    [InlineData(-9_223_372_036, 1677)]
    public void Year_is_that_of_the_date(long seconds, int year) => Assert.InRange(_clock.LocalYear(seconds)!.Value, year - 1, year);

    [Fact]
    public void Time_beyond_all_years_has_none() => Assert.Null(_clock.LocalYear(long.MaxValue));
}
