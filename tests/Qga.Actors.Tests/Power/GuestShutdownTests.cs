using Qga.Platform.Power;

namespace Qga.Actors.Tests.Power;

public sealed class GuestShutdownTests : AgentFixture
{
    [Theory]
    [InlineData("{}", ShutdownMode.PowerDown, "(null)")]
    [InlineData("{'mode': 'powerdown'}", ShutdownMode.PowerDown, "powerdown")]
    [InlineData("{'mode': 'halt'}", ShutdownMode.Halt, "halt")]
    [InlineData("{'mode': 'reboot'}", ShutdownMode.Reboot, "reboot")]
    public void Success_is_silent_and_accounted_for(string arguments, ShutdownMode mode, string accounted)
    {
        Assert.Equal("", Ask(StartAgent(), "guest-shutdown", arguments));

        Assert.Equal([mode], Power.Done);
        Assert.Equal([$"guest-shutdown called, mode: {accounted}"], Audit.Lines);
    }

    [Fact]
    public void Unknown_mode_is_refused_in_the_words_of_qemu_ga()
    {
        Assert.Equal(
            "mode is invalid (valid values are: halt|powerdown|reboot",
            ErrorOf(Ask(StartAgent(), "guest-shutdown", "{'mode': 'off'}")));
        Assert.Empty(Power.Done);
    }

    [Fact]
    public void Failure_is_told()
    {
        Power.Failure = "child process has failed to shutdown: exit status 1";

        Assert.Equal(Power.Failure, ErrorOf(Ask(StartAgent(), "guest-shutdown")));
    }

    [Fact]
    public void Frozen_guest_stays_up()
    {
        var agent = StartAgent();
        Guest.Mount("/");
        Ask(agent, "guest-fsfreeze-freeze");

        Assert.Contains("has been disabled", Ask(agent, "guest-shutdown"));
        Assert.Empty(Power.Done);
    }
}
