using Qga.Platform.Power;

namespace Qga.Actors.Tests.Power;

/// <summary>guest-suspend-disk, guest-suspend-ram and guest-suspend-hybrid.</summary>
public sealed class GuestSuspendTests : AgentFixture
{
    [Theory]
    [InlineData("guest-suspend-disk", SuspendMode.Disk)]
    [InlineData("guest-suspend-ram", SuspendMode.Ram)]
    [InlineData("guest-suspend-hybrid", SuspendMode.Hybrid)]
    public void Success_is_silent(string command, SuspendMode mode)
    {
        Assert.Equal("", Ask(StartAgent(), command));

        Assert.Equal([mode], Power.Done);
    }

    [Fact]
    public void Failure_is_told()
    {
        Power.Failure = "the requested suspend mode is not supported by the guest";

        Assert.Equal(Power.Failure, ErrorOf(Ask(StartAgent(), "guest-suspend-ram")));
    }

    [Fact]
    public void Sleep_of_days_is_no_failure_and_others_are_served_meanwhile()
    {
        Power.Awake.Reset();
        var agent = StartAgent();
        var suspend = Send(agent, "guest-suspend-ram");
        Testing.Eventually.True(() => !Power.Done.IsEmpty);

        Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal("""{"return": {"host-name": "guest.example"}}""", Ask(agent, "guest-get-host-name"));
        Assert.False(suspend.HasMessages);
        Power.Awake.Set();

        Assert.Equal("", AnswerTo(suspend));
    }
}
