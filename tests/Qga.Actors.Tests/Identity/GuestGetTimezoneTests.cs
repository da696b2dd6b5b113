namespace Qga.Actors.Tests.Identity;

public sealed class GuestGetTimezoneTests : AgentFixture
{
    [Fact]
    public void Zone_has_its_abbreviation_and_its_offset() =>
        Assert.Equal("""{"return": {"zone": "CET", "offset": 3600}}""", Ask(StartAgent(), "guest-get-timezone"));

    [Fact]
    public void Zone_west_of_utc_without_abbreviation_has_its_offset()
    {
        Identity.TimeZone = new(Abbreviation: null, -12600);

        Assert.Equal("""{"return": {"offset": -12600}}""", Ask(StartAgent(), "guest-get-timezone"));
    }
}
