using System.Globalization;
using System.Runtime.Versioning;
using Qga.Testing;

namespace Qga.Host.Tests.Life;

/// <summary>The agent from its start to its end.</summary>
[SupportedOSPlatform("linux")]
public sealed class LifeTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string SocketPath => _scratch.PathOf("socket");

    private string PidFile => _scratch.PathOf("qga.pid");

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.Interrupt)]
    public void Every_command_is_served_until_a_signal_ends_the_agent(Signal signal)
    {
        using var agent = new PublishedAgent();
        using (var client = agent.Connect())
        {
            var path = agent.PathOf("f");
            Assert.Equal("\xFF{\"return\": 1}", client.Ask(Qmp.SyncDelimited(1)));
            Assert.Equal("""{"return": 2}""", client.Ask(Qmp.Sync(2)));
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
            Assert.Equal(1000, Qmp.Return(client.Ask(Qmp.Open(path, "w+"))));
            Assert.Equal("""{"return": {"count": 3, "eof": false}}""", client.Ask(Qmp.Write(1000, "abc"u8)));
            Assert.Equal("""{"return": {"position": 0, "eof": false}}""", client.Ask(Qmp.Rewind(1000)));
            Assert.Equal("""{"return": {"count": 3, "buf-b64": "YWJj", "eof": true}}""", client.Ask(Qmp.Read(1000, 10)));
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Request("guest-file-flush", ("handle", 1000))));
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Close(1000)));
            Assert.Equal("abc", File.ReadAllText(path));
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(path));

            var commands = Qmp.Return(client.Ask("""{"execute":"guest-info"}"""))["supported_commands"]!;
            var listed = ProcessRun.Of(PublishedAgent.Executable, ["-b", "help"]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(listed.Reverse(), commands.Select(command => (string)command["name"]!));
            Assert.All(commands, command => Assert.True((bool)command["enabled"]!));
            Assert.Empty(LibrariesOf(agent.Pid));
        }

        using var connected = agent.Connect();
        connected.Ask(Qmp.Ping);
        Assert.Equal(0, agent.End(signal));
        Assert.Null(connected.ReadLine());
        Assert.Equal("", agent.Output);
    }

    [Theory]
    [InlineData("--ignore-signal", Signal.Terminate)]
    [InlineData("--ignore-signal", Signal.Interrupt)]
    [InlineData("--ignore-signal", Signal.HandOver)]
    [InlineData("--block-signal", Signal.Terminate)]
    [InlineData("--block-signal", Signal.Interrupt)]
    [InlineData("--block-signal", Signal.HandOver)]
    public void Parent_that_ignores_or_blocks_every_signal_keeps_none_from_the_agent_and_its_programs(string launcherOption, Signal signal)
    {
        using var agent = PublishedAgent.StartBy(["env", launcherOption]);
        using (var client = agent.Connect())
        {
            var end = GuestProgram.Shell(client, "grep -E 'Sig(Blk|Ign)' /proc/self/status; exit 3");
            Assert.Equal("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", GuestProgram.Output(end));
            Assert.Equal(3, end["exitcode"]);
        }

        Assert.Equal(0, agent.End(signal));
        Assert.Equal("", agent.Output);
    }

    [Fact]
    public void Handles_outlive_the_client_that_opened_them()
    {
        using var agent = new PublishedAgent();
        using (var first = agent.Connect())
        {
            first.Ask(Qmp.Open(agent.PathOf("f"), "w+"));
            first.Ask(Qmp.Write(1000, "abc"u8));
        }

        using var second = agent.Connect();
        Assert.Equal(3, Qmp.Return(second.Ask(Qmp.Write(1000, "def"u8)))["count"]);
        second.Ask(Qmp.Rewind(1000));
        Assert.Equal("abcdef"u8, Qmp.Data(second.Ask(Qmp.Read(1000, 10))));
    }

    [PeerFact]
    public void Handles_go_on_where_qemu_ga_stopped_and_back()
    {
        using (var theirs = new RunningProcess(PeerAgent.Command!, ["-m", "unix-listen", "-p", SocketPath, "-t", _scratch.Root]))
            Assert.Equal(1000, OpenOnce(theirs, ProcessStatus.AwaitRest));
        using (var ours = StartHere())
            Assert.Equal(1001, OpenOnce(ours));
        using (var ours = StartHere())
            Assert.Equal(1002, OpenOnce(ours));
        File.Delete(SocketPath);
        using (var theirs = new RunningProcess(PeerAgent.Command!, ["-m", "unix-listen", "-p", SocketPath, "-t", _scratch.Root]))
            Assert.Equal(1003, OpenOnce(theirs, ProcessStatus.AwaitRest));

        Assert.Equal("[global]\nfd_counter=1004\n", File.ReadAllText(_scratch.PathOf("qga.state")));
    }

    [Fact]
    public void Daemon_is_ready_when_its_parent_ends()
    {
        var parent = ProcessRun.Of(PublishedAgent.Executable, Daemonize());
        Assert.Equal(new ProcessRun(0, "", ""), parent);

        Eventually.True(() => File.Exists(PidFile) && File.ReadAllText(PidFile).EndsWith('\n'));
        var pid = int.Parse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture);
        try
        {
            using var client = QmpClient.Connect(SocketPath);
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PidFile));
            Assert.Equal("/", new FileInfo($"/proc/{pid}/cwd").LinkTarget);
            Assert.All(["0", "1", "2"], stream => Assert.Equal("/dev/null", new FileInfo($"/proc/{pid}/fd/{stream}").LinkTarget));
            Assert.Equal($"{pid}", File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].Split(' ')[3]);       // leads its session
        }
        finally
        {
            Signal.Terminate.Send(pid);
            Eventually.True(() => !File.Exists(PidFile));
        }
    }

    [Fact]
    public void Daemon_that_cannot_open_its_channel_fails_in_the_foreground()
    {
        File.WriteAllText(SocketPath, "precious");
        var parent = ProcessRun.Of(PublishedAgent.Executable, Daemonize());

        Assert.Equal(1, parent.ExitCode);
        Assert.Contains(
            $"critical: Failed to bind socket to {SocketPath}: the path exists and is not a socket\n", parent.Error, StringComparison.Ordinal);
        Assert.EndsWith("critical: error initializing guest agent\n", parent.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(PidFile));
    }

    [Fact]
    public void Verbose_log_tells_what_happens_but_no_content()
    {
        var log = _scratch.PathOf("log");
        using var agent = new PublishedAgent("-v", "-l", log);
        using (var client = agent.Connect())
        {
            client.Ask(Qmp.Ping);
            client.Ask(Qmp.Open(agent.PathOf("f"), "w+"));
            client.Ask(Qmp.Write(1000, "top secret content"u8));
            client.Ask(Qmp.Rewind(1000));
            client.Ask(Qmp.Read(1000, 100));
            client.Ask("""{"execute":"guest-file-write","arguments":{"handle":1000,"buf-b64":"dG9wIHNlY3JldCBjb250ZW50!"}}""");
            client.Ask("""{"execute":"guest-file-write","arguments":{"handle":1000,"buf-b64":"dG9wIHNlY3JldCBjb250ZW50","count":99}}""");
            client.Ask("{\"execute\":\"guest-file-write\",\"arguments\":{\"handle\":1000,\"buf-b64\":\"dG9wIHNlY3JldCBjb250ZW50\xFF");
        }

        Assert.Equal(0, agent.End(Signal.Terminate));
        var lines = File.ReadAllLines(log);
        Assert.All(lines, line => Assert.Matches(@"^\d+\.\d{6}: (error|critical|warning|message|info|debug): ", line));
        Assert.Contains(lines, line => line.Contains("debug: read data, count: ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("Guest agent version 11.1.0", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.DoesNotContain("dG9wIHN", line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.DoesNotContain("secret", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Files_are_closed_and_complete_when_the_agent_is_told_to_end()
    {
        using var agent = new PublishedAgent();
        using var client = agent.Connect();
        client.Ask(Qmp.Open(agent.PathOf("f"), "w"));
        client.Ask(Qmp.Write(1000, "abc"u8));

        Assert.Equal(0, agent.End(Signal.Terminate));
        Assert.Equal("abc", File.ReadAllText(agent.PathOf("f")));
    }

    private string[] Daemonize() => ["--daemonize", "-m", "unix-listen", "-p", SocketPath, "-t", _scratch.Root, "-f", PidFile];

    private RunningProcess StartHere() => PublishedAgent.Start(_scratch, "-m", "unix-listen", "-p", SocketPath);

    /// <summary>Opens a file, ends the agent and gives the handle.</summary>
    /// <param name="agent">Opens the file, and is ended.</param>
    /// <param name="settle">qemu-ga ends its loop in the handler of the signal, which stands still if the loop is just on its way to sleep.</param>
    private long OpenOnce(RunningProcess agent, Action<int>? settle = null)
    {
        using var client = QmpClient.ConnectOnceListening(SocketPath, agent);
        var handle = (long)Qmp.Return(client.Ask(Qmp.Open("/dev/null")));
        settle?.Invoke(agent.Pid);
        agent.Send(Signal.Terminate);
        Assert.Equal(0, agent.WaitForExit());
        return handle;
    }

    /// <summary>What it has loaded by now: a library that is only looked for at run time would be missing in a small guest.</summary>
    private static IEnumerable<string> LibrariesOf(int pid) => File.ReadLines($"/proc/{pid}/maps")
        .Select(line => Path.GetFileName(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]))
        .Where(name => name.Contains(".so", StringComparison.Ordinal));
}
