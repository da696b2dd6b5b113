using Qga.Testing;

namespace Qga.Host.Tests.Soak;

/// <summary>What <c>make bench-soak</c> calls a leak, and what not.</summary>
public sealed class TrendTests
{
    private const double Share = 0.05;
    private const double Level = 60;
    private const int HalfHour = 1800;

    [Fact]
    public void A_straight_line_is_found()
    {
        var trend = Trend.Of([.. Enumerable.Range(0, 100).Select(time => ((double)time, 5 + 0.25 * time))]);

        Assert.Equal(0.25, trend.Slope, precision: 9);
        Assert.Equal(900, trend.SlopePerHour, precision: 6);
        Assert.Equal(0, trend.StandardError, precision: 9);
        Assert.Equal(5 + 0.25 * 49.5, trend.Level, precision: 9);
        Assert.True(trend.IsGrowth(Share));
    }

    [Fact]
    public void The_standard_error_is_that_of_the_books()
    {
        // Three points: the residuals are 1/2, -1, 1/2 (over one degree of freedom), the spread of the times is 2.
        var trend = Trend.Of([(0, 1), (1, 0), (2, 2)]);

        Assert.Equal(0.5, trend.Slope, precision: 9);
        Assert.Equal(Math.Sqrt(1.5 / 2), trend.StandardError, precision: 9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Noise_about_a_level_is_no_growth(int seed) => Assert.False(Trend.Of(Noisy(seed, HalfHour, growthPerHour: 0)).IsGrowth(Share));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_leak_of_a_tenth_an_hour_is_found_in_half_an_hour_of_noise(int seed) =>
        Assert.True(Trend.Of(Noisy(seed, HalfHour, growthPerHour: Level / 10)).IsGrowth(Share));

    [Fact]
    public void A_sawtooth_is_no_growth_although_the_run_ends_on_a_peak() =>
        Assert.False(Trend.Of([.. Enumerable.Range(0, HalfHour).Select(time => ((double)time, Level + time % 47 / 4.0))]).IsGrowth(Share));

    [Fact]
    public void Sure_growth_of_less_than_the_share_is_allowed() =>
        Assert.False(Trend.Of([.. Enumerable.Range(0, HalfHour).Select(time => ((double)time, Level * (1 + time * 0.04 / 3600)))]).IsGrowth(Share));

    [Fact]
    public void One_descriptor_a_minute_is_found() =>
        Assert.True(
            Trend.Of([.. Enumerable.Range(0, HalfHour).Select(time => ((double)time, (double)(40 + time / 60 + time * 7 % 5)))]).IsGrowth(Share));

    [Fact]
    public void What_shrinks_is_no_growth() => Assert.False(Trend.Of(Noisy(1, HalfHour, growthPerHour: -Level)).IsGrowth(Share));

    [Fact]
    public void Two_samples_make_no_trend() => Assert.Throws<ArgumentException>(() => Trend.Of([(0, 1), (1, 1)]));

    /// <summary>A sample a second that is a fifth of the level off in either direction.</summary>
    private static (double, double)[] Noisy(int seed, int seconds, double growthPerHour)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, seconds).Select(time =>
            ((double)time, Level + growthPerHour * time / 3600 + (random.NextDouble() - 0.5) * 0.4 * Level * 0.5))];
    }
}
