namespace Qga.Actors.Tests.Processors;

public sealed class GuestGetLoadTests : AgentFixture
{
    [Fact]
    public void Load_is_told_as_numbers_with_a_fraction() => Assert.Equal(
        """{"return": {"load1m": 0.5, "load5m": 1.25, "load15m": 100}}""", Ask(StartAgent(), "guest-get-load"));
}
