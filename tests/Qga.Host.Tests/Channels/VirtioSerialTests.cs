using Qga.Testing;

namespace Qga.Host.Tests.Channels;

/// <summary>The agent on a virtio port, for which a raw terminal or a file stands in here; real ports are tested in a real guest.</summary>
public sealed class VirtioSerialTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Host_gets_its_answers()
    {
        using var terminal = RawTerminal();
        using var agent = Start(terminal.Path);
        var host = terminal.Connect();

        Assert.Equal(Qmp.Pong, host.Ask(Qmp.Ping));
        host.Send("""{"execute":"guest-""");
        Assert.StartsWith("""{"error": """, host.Ask("\xFF"), StringComparison.Ordinal);
        Assert.Equal("\xFF{\"return\": 7}", host.Ask(Qmp.SyncDelimited(7)));
    }

    [Fact]
    public void Large_request_and_answer_pass_whole()
    {
        var data = new byte[1 << 20];
        new Random(1).NextBytes(data);
        using var terminal = RawTerminal();
        using var agent = Start(terminal.Path);
        var host = terminal.Connect();

        Assert.Equal(1000, Qmp.Return(host.Ask(Qmp.Open(_scratch.PathOf("f"), "w+"))));
        Assert.Equal(data.Length, Qmp.Return(host.Ask(Qmp.Write(1000, data)))["count"]);
        host.Ask(Qmp.Rewind(1000));
        Assert.Equal(data, Qmp.Data(host.Ask(Qmp.Read(1000, data.Length))));
    }

    [Fact]
    public void End_of_file_is_waited_out()
    {
        // Nobody gets the answers: the end of a port's stream says that the host has left.
        var port = _scratch.Write("port", Qmp.Open(_scratch.PathOf("first"), "w"));
        using var agent = Start(port);
        Eventually.True(() => File.Exists(_scratch.PathOf("first")));

        AssertRests(agent);
        File.AppendAllText(port, Qmp.Open(_scratch.PathOf("second"), "w"));
        Eventually.True(() => File.Exists(_scratch.PathOf("second")));
        AssertEnds(agent);
    }

    [Fact]
    public void Silent_fifo_costs_nothing()
    {
        var port = _scratch.PathOf("port");
        Assert.Equal(0, ProcessRun.Of("mkfifo", [port]).ExitCode);
        using var agent = Start(port);

        AssertRests(agent);
        AssertEnds(agent);
    }

    [Fact]
    public void Host_that_is_gone_costs_nothing()
    {
        using var terminal = RawTerminal();
        using var agent = Start(terminal.Path);
        using (var host = terminal.Connect())
            host.Ask(Qmp.Ping);

        AssertRests(agent);
        AssertEnds(agent);
    }

    [Fact]
    public void Missing_port_ends_the_agent()
    {
        using var agent = PublishedAgent.Start(_scratch, "-p", "/nonexistent/port");

        Assert.Equal(1, agent.WaitForExit());
        Assert.Contains("critical: error opening channel '/nonexistent/port': No such file or directory\n", agent.Output, StringComparison.Ordinal);
        Assert.Contains("critical: failed to create guest agent channel\n", agent.Output, StringComparison.Ordinal);
        Assert.Contains("critical: failed to initialize guest agent channel\n", agent.Output, StringComparison.Ordinal);
        Assert.EndsWith("critical: error initializing guest agent\n", agent.Output, StringComparison.Ordinal);
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public void Missing_port_is_tried_again_if_asked_for()
    {
        var port = _scratch.PathOf("port");
        using var agent = PublishedAgent.Start(_scratch, "-p", port, "--retry-path");
        agent.AwaitOutput("failed to create guest agent channel");

        using var terminal = RawTerminal();
        File.CreateSymbolicLink(port, terminal.Path);
        agent.AwaitOpen(terminal.Path);
        Assert.Equal(Qmp.Pong, terminal.Connect().Ask(Qmp.Ping));
        AssertEnds(agent);
    }

    private static PseudoTerminal RawTerminal()
    {
        var terminal = new PseudoTerminal();
        terminal.MakeRaw();
        return terminal;
    }

    private RunningProcess Start(string port)
    {
        var agent = PublishedAgent.Start(_scratch, "-m", "virtio-serial", "-p", port);
        agent.AwaitOpen(port);
        return agent;
    }

    /// <summary>A spinning agent would use up the time that is given to it here, some two hundred ticks.</summary>
    private static void AssertRests(RunningProcess agent)
    {
        var before = ProcessStatus.Ticks(agent.Pid);
        Thread.Sleep(TimeSpan.FromSeconds(2));
        Assert.InRange(ProcessStatus.Ticks(agent.Pid) - before, 0, 50);
        Assert.False(agent.HasExited, agent.Output);
    }

    private static void AssertEnds(RunningProcess agent)
    {
        agent.Send(Signal.Terminate);
        Assert.Equal(0, agent.WaitForExit());
    }
}
