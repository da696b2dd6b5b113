using Qga.Testing;

namespace Qga.Host.Tests.Channels;

/// <summary>An agent that nobody asks does nothing.</summary>
[Trait("Speed", "Slow")]
public sealed class IdleTests
{
    /// <summary>The collector has its turn some time after the last request.</summary>
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(10);

    [ToolFact("strace", NeedsRoot = true)]
    public void Agent_with_an_idle_client_makes_no_system_call()
    {
        using var agent = PublishedAgent.StartAlone();
        using var client = agent.Connect();
        for (var request = 0; request < 10; request++)
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        Assert.Equal(1000, Qmp.Return(client.Ask(Qmp.Open(agent.PathOf("f"), "w+"))));
        client.Ask(Qmp.Write(1000, new byte[100_000]));
        client.Ask(Qmp.Close(1000));

        AssertSilent(agent.Pid, agent.PathOf("trace"));
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
    }

    [ToolFact("strace", NeedsRoot = true)]
    public void Agent_on_a_port_whose_host_has_left_makes_no_system_call()
    {
        using var scratch = new ScratchDirectory();
        using var terminal = new PseudoTerminal();
        terminal.MakeRaw();
        using var agent = new RunningProcess(
            "env", [.. PublishedAgent.Alone, PublishedAgent.Executable, "-t", scratch.Root, "-p", terminal.Path], scratch.Root);
        agent.AwaitOpen(terminal.Path);
        using (var host = terminal.Connect())
            Assert.Equal(Qmp.Pong, host.Ask(Qmp.Ping));

        AssertSilent(agent.Pid, scratch.PathOf("trace"));
        Assert.False(agent.HasExited, agent.Output);
    }

    /// <summary>Asserts that a process comes to rest, and makes no system call then.</summary>
    internal static void AssertSilent(int pid, string trace)
    {
        Thread.Sleep(SettlingTime);
        ProcessStatus.AwaitRest(pid);
        using var strace = new RunningProcess("strace", ["-f", "-p", $"{pid}", "-o", trace]);
        strace.AwaitOutput("attached");
        Thread.Sleep(Watch);
        strace.Send(Signal.Interrupt);
        strace.WaitForExit();

        // Each thread is shown where it rests, once; every further line would be a call.
        var calls = File.ReadAllLines(trace);
        Assert.NotEmpty(calls);
        Assert.True(calls.Length == calls.Select(call => call.Split(' ')[0]).Distinct().Count(), string.Join('\n', calls));
    }
}
