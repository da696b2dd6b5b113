using System.Globalization;
using Qga.Host.Audit;

namespace Qga.Host.Tests.Audit;

public class PointInTimeTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-11-26T12:00:00Z", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("90s", "2026-11-26T11:58:30Z")]
    [InlineData("30min ago", "2026-11-26T11:30:00Z")]
    [InlineData("2h", "2026-11-26T10:00:00Z")]
    [InlineData("7d", "2026-11-19T12:00:00Z")]
    [InlineData("999999999d", "1970-01-01T00:00:00Z")]
    [InlineData("2026-11-26T11:00:00Z", "2026-11-26T11:00:00Z")]
    [InlineData("2026-11-26T11:00:00+02:00", "2026-11-26T09:00:00Z")]
    public void Time_is_read(string text, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), PointInTime.TryParse(text, Now));

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("5 weeks")]
    [InlineData("-2h")]
    [InlineData("2026-13-01")]
    public void What_is_no_time_is_none(string text) => Assert.Null(PointInTime.TryParse(text, Now));

    [Fact]
    public void Time_without_a_zone_is_local() =>
        Assert.Equal(new DateTime(2026, 11, 26, 10, 0, 0, DateTimeKind.Local), PointInTime.TryParse("2026-11-26 10:00", Now)!.Value.LocalDateTime);
}
