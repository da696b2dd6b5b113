namespace Qga.Actors.Tests.Timekeeping;

public sealed class GuestGetTimeTests : AgentFixture
{
    [Fact]
    public void Time_is_in_nanoseconds_and_exact_to_the_microsecond() =>
        Assert.Equal("""{"return": 1000000000123456000}""", Ask(StartAgent(), "guest-get-time"));
}
