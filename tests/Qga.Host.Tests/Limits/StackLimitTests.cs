using Qga.Testing;

namespace Qga.Host.Tests.Limits;

/// <summary>The size of stacks that the agent is started with (LimitSTACK=) is for its programs; its own threads have theirs.</summary>
public sealed class StackLimitTests
{
    [Theory]
    [InlineData("64")]
    [InlineData("128")]
    [InlineData("1048576")]
    [InlineData("unlimited")]
    public void Agent_works_with_any_limit_and_hands_it_on(string kibibytes)
    {
        using var agent = PublishedAgent.StartBy(["sh", "-c", $"ulimit -s {kibibytes} && exec \"$@\"", "sh"]);
        using var client = agent.Connect();
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        Qmp.Return(client.Ask(Qmp.Request("guest-get-osinfo")));

        Assert.Equal($"{kibibytes}\n", client.RunShell("ulimit -s"));
    }
}
