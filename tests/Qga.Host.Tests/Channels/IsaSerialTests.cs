using Qga.Testing;

namespace Qga.Host.Tests.Channels;

/// <summary>The agent on a serial line, for which a terminal stands in here.</summary>
[Collection(nameof(SerialLines))]
public sealed class IsaSerialTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Line_is_made_raw()
    {
        using var terminal = new PseudoTerminal();
        using var agent = Start(terminal);

        var settings = terminal.Settings;
        Assert.Contains("38400", settings);
        Assert.All<string>(
            ["ignbrk", "brkint", "ignpar", "parmrk", "inpck", "istrip", "inlcr", "igncr", "icrnl", "ixon", "ixoff", "ixany", "imaxbel",
                "opost", "isig", "icanon", "echo", "iexten"],
            flag => Assert.Contains("-" + flag, settings));
    }

    [Fact]
    public void Every_byte_passes_unchanged()
    {
        using var terminal = new PseudoTerminal();
        using var agent = Start(terminal);
        var host = terminal.Connect();

        Assert.Equal(Qmp.Pong, host.Ask("{\"execute\":\r\n\"guest-ping\"}\r"));
        var quoted = host.Ask("\"\x03");                                        // would be an interrupt
        Assert.Contains("stray '\\\"\\u0003'", quoted, StringComparison.Ordinal);
        Assert.StartsWith("""{"error": """, host.Ask("\xFF"), StringComparison.Ordinal);
        Assert.Equal("\xFF{\"return\": 7}", host.Ask(Qmp.SyncDelimited(7)));
    }

    [Fact]
    public void Hang_up_ends_the_agent()
    {
        using var terminal = new PseudoTerminal();
        using var agent = Start(terminal);
        terminal.Dispose();

        Assert.Equal(0, agent.WaitForExit());
        Assert.Contains("the serial line was hung up", agent.Output, StringComparison.Ordinal);
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public void Line_is_opened_anew_after_a_hang_up_if_asked_for()
    {
        var line = _scratch.PathOf("line");
        using var first = new PseudoTerminal();
        File.CreateSymbolicLink(line, first.Path);
        using var agent = PublishedAgent.Start(_scratch, "-m", "isa-serial", "-p", line, "-r");
        first.AwaitRaw();
        using (var host = first.Connect())
        {
            Assert.Equal(Qmp.Pong, host.Ask(Qmp.Ping));
            host.Send("""{"execute":"guest-""");
            File.Delete(line);
        }

        agent.AwaitOutput("agent stopped unexpectedly, restarting...");
        using var second = new PseudoTerminal();
        File.CreateSymbolicLink(line, second.Path);
        second.AwaitRaw();
        Assert.Equal(Qmp.Pong, second.Connect().Ask(Qmp.Ping));
    }

    private RunningProcess Start(PseudoTerminal terminal)
    {
        var agent = PublishedAgent.Start(_scratch, "-m", "isa-serial", "-p", terminal.Path);
        terminal.AwaitRaw();
        return agent;
    }
}

/// <summary>
/// Alone, after all others: beside freeze labs the hang-up did not come, as if a process that was just being started still had the host's
/// side of the line.
/// </summary>
[CollectionDefinition(nameof(SerialLines), DisableParallelization = true)]
public sealed class SerialLines;
