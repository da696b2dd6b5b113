using Qga.Testing;

namespace Qga.Host.Tests.Channels;

/// <summary>An agent that nobody asks does nothing.</summary>
public sealed class IdleTests
{
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(5);

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

        // The collector has its turn some time after the last request.
        Thread.Sleep(SettlingTime);
        agent.AwaitRest();

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
}
