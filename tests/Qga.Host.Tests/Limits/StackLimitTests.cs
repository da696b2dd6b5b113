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

        var program = Qmp.Request("guest-exec", ("path", "sh"), ("arg", new Newtonsoft.Json.Linq.JArray("-c", "ulimit -s")), ("capture-output", true));
        var process = (long)Qmp.Return(client.Ask(program))["pid"]!;
        Newtonsoft.Json.Linq.JToken? status = null;
        Eventually.True(() => (bool)(status = Qmp.Return(client.Ask(Qmp.Request("guest-exec-status", ("pid", process)))))["exited"]!);
        Assert.Equal($"{kibibytes}\n", System.Text.Encoding.ASCII.GetString(Convert.FromBase64String((string)status!["out-data"]!)));
    }
}
