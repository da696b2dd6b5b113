using Qga.Testing;

namespace Qga.Host.Tests.Channels;

/// <summary>An agent that nobody asks does nothing.</summary>
public sealed class IdleTests
{
    [ToolFact("strace", NeedsRoot = true)]
    public void Idle_agent_makes_no_system_call()
    {
        using var agent = new PublishedAgent();
        using var client = agent.Connect();
        for (var request = 0; request < 10; request++)
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        Assert.Equal(1000, Qmp.Return(client.Ask(Qmp.Open(agent.PathOf("f"), "w+"))));
        client.Ask(Qmp.Write(1000, new byte[100_000]));
        client.Ask(Qmp.Close(1000));
        AwaitRest(agent);

        var trace = agent.PathOf("trace");
        using var strace = new RunningProcess("strace", ["-f", "-p", $"{agent.Pid}", "-o", trace]);
        strace.AwaitOutput("attached");
        Thread.Sleep(TimeSpan.FromSeconds(10));
        strace.Send(Signal.Interrupt);
        strace.WaitForExit();

        // Each thread is shown where it rests, once; every further line would be a call.
        var calls = File.ReadAllLines(trace);
        Assert.NotEmpty(calls);
        Assert.True(calls.Length == calls.Select(call => call.Split(' ')[0]).Distinct().Count(), string.Join('\n', calls));
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
    }

    /// <summary>What follows the last answer (the collector, threads that end) takes no more time for a second.</summary>
    private static void AwaitRest(PublishedAgent agent)
    {
        var ticks = -1L;
        Eventually.True(() =>
        {
            var before = ticks;
            Thread.Sleep(TimeSpan.FromSeconds(1));
            return (ticks = ProcessStatus.Ticks(agent.Pid)) == before;
        });
    }
}
