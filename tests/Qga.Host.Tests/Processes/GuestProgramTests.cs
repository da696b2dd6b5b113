using Qga.Testing;

namespace Qga.Host.Tests.Processes;

/// <summary>Programs that the published agent runs for its clients.</summary>
public sealed class GuestProgramTests : IDisposable
{
    private readonly PublishedAgent _agent = new();
    private readonly QmpClient _client;

    public GuestProgramTests() => _client = _agent.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _agent.Dispose();
    }

    [Fact]
    public void Program_has_nothing_of_the_agents()
    {
        _client.Ask(Qmp.Open("/etc/passwd"));
        var status = GuestProgram.Shell(
            _client,
            """
            ls -l /proc/self/fd | sed -n 's/.* \([0-9]*\) -> \(.....\).*/\1 \2/p'
            grep -E 'Sig(Blk|Ign)' /proc/self/status
            """);

        // 3 is what ls itself opens.
        Assert.Equal(
            "0 /dev/\n1 pipe:\n2 pipe:\n3 /proc\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", GuestProgram.Output(status));
    }

    [Fact]
    public void Process_outlives_its_client()
    {
        int pid;
        using (var client = _agent.Connect())
            pid = GuestProgram.StartShell(client, "echo $PPID; exit 4");
        var end = GuestProgram.EndOf(_client, pid);
        Assert.Equal(4, end["exitcode"]);
        Assert.Equal([int.Parse(GuestProgram.Output(end))], KeeperProcess.Of(_agent.ScratchDirectory));
        Assert.Equal(end.ToString(), GuestProgram.EndOf(_client, pid).ToString());
    }

    [Fact]
    public void Parent_that_ignored_the_ends_of_children_costs_nothing()
    {
        using var scratch = new ScratchDirectory();
        var socket = scratch.PathOf("agent.sock");
        using var agent = new RunningProcess(
            "python3",
            [
                "-c", "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])",
                PublishedAgent.Executable, "-m", "unix-listen", "-p", socket, "-t", scratch.Root,
            ],
            scratch.Root);
        using var client = QmpClient.ConnectOnceListening(socket, agent);
        Assert.Equal(3, GuestProgram.Shell(client, "exit 3")["exitcode"]);
    }

    [Fact]
    public void Child_in_the_background_that_holds_the_output_does_not_hide_the_end()
    {
        var pid = GuestProgram.StartShell(_client, "sleep 1000 & echo $!; exit 7");
        var end = GuestProgram.EndOf(_client, pid);
        var child = int.Parse(GuestProgram.Output(end));
        Assert.Equal(7, end["exitcode"]);
        Assert.True(Directory.Exists($"/proc/{child}"));
        GuestProgram.Shell(_client, $"kill {child}");
    }

    [Trait("Speed", "Slow")]
    [ToolFact("strace", NeedsRoot = true)]
    public void Hundred_running_children_cost_no_polling_and_no_thread()
    {
        using var agent = PublishedAgent.StartAlone();
        using var client = agent.Connect();
        GuestProgram.Shell(client, "true");
        var keeper = Assert.Single(KeeperProcess.Of(agent.ScratchDirectory));
        var threads = ProcessStatus.Of(agent.Pid).Threads;
        var keeperThreads = ProcessStatus.Of(keeper).Threads;
        var pids = Enumerable.Range(0, 100).Select(_ => GuestProgram.StartShell(client, "exec sleep 1000")).ToList();
        Channels.IdleTests.AssertSilent(agent.Pid, agent.PathOf("trace"));
        Channels.IdleTests.AssertSilent(keeper, agent.PathOf("keeper-trace"));
        Assert.InRange(ProcessStatus.Of(agent.Pid).Threads, 1, threads + 8);
        Assert.InRange(ProcessStatus.Of(keeper).Threads, 1, keeperThreads + 8);

        GuestProgram.Shell(client, $"kill -KILL {string.Join(' ', pids)}");
        Assert.All(pids, pid => Assert.Equal(9, GuestProgram.EndOf(client, pid)["signal"]));
        Assert.All(pids, pid => Assert.False(Directory.Exists($"/proc/{pid}")));
    }

    [Fact]
    public void Output_and_input_of_many_megabytes_pass_whole()
    {
        var input = new byte[20 << 20];
        new Random(7).NextBytes(input);
        var end = GuestProgram.Shell(
            _client, "head -c 16777216; cat > /dev/null; wc -c < /dev/null >&2", ("input-data", Convert.ToBase64String(input)));
        Assert.Equal((16 << 20, false), (Convert.FromBase64String((string)end["out-data"]!).Length, (bool)end["out-truncated"]!));
        Assert.True(input.AsSpan(0, 16 << 20).SequenceEqual(Convert.FromBase64String((string)end["out-data"]!)));
    }

    [Fact]
    public void Captured_output_has_a_limit_in_all_and_what_was_fetched_makes_room()
    {
        var pids = Enumerable.Range(0, 16).Select(_ => GuestProgram.StartShell(_client, "head -c 16777216 /dev/zero")).ToList();
        foreach (var pid in pids)
            Eventually.True(() => !Directory.Exists($"/proc/{pid}"));
        var refusal = "";
        Eventually.True(() => (refusal = _client.Ask(GuestProgram.Request("true", []))).Contains("error", StringComparison.Ordinal));
        Assert.Contains("guest-exec is refused: the output of earlier processes takes all the memory", Qmp.Error(refusal));

        var first = GuestProgram.EndOf(_client, pids[0]);
        Assert.Equal((16 << 20, false), (Convert.FromBase64String((string)first["out-data"]!).Length, (bool)first["out-truncated"]!));
        Assert.Equal(2_000_000, GuestProgram.Output(GuestProgram.Shell(_client, "head -c 2000000 /dev/zero")).Length);
        Assert.Equal($"PID {pids[0]} does not exist", Qmp.Error(_client.Ask(GuestProgram.Status(pids[0]))));
        var last = GuestProgram.EndOf(_client, pids[^1]);
        Assert.Equal((16 << 20, false), (Convert.FromBase64String((string)last["out-data"]!).Length, (bool)last["out-truncated"]!));
    }

    [Fact]
    public void Storm_of_programs_leaves_no_zombie_and_no_descriptor()
    {
        GuestProgram.Shell(_client, "true");
        var keeper = Assert.Single(KeeperProcess.Of(_agent.ScratchDirectory));
        var before = ProcessStatus.Of(keeper).Descriptors;
        for (var round = 0; round < 300; round++)
            Assert.Equal(round % 7, GuestProgram.Shell(_client, $"exit {round % 7}")["exitcode"]);
        Eventually.True(() => ProcessStatus.Of(keeper).Descriptors <= before);
        Assert.DoesNotContain(
            Directory.GetDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[^1])).Select(StatOf), stat => stat.Contains(
                $" Z {keeper} ", StringComparison.Ordinal));
    }

    [HangingFileSystemFact]
    public void File_of_a_dead_filesystem_that_is_open_holds_up_no_program()
    {
        using var dead = new HangingFileSystem();
        var handle = (long)Qmp.Return(_client.Ask(Qmp.Open(dead.Write("file", "content"), "r+")));
        _client.Ask(Qmp.Write(handle, "dirty"u8));
        dead.Hang();
        try
        {
            Assert.Equal("alive\n", GuestProgram.Output(GuestProgram.Shell(_client, "echo alive")));
        }
        finally
        {
            dead.Recover();
        }
    }

    [HangingFileSystemFact]
    public void Program_on_a_dead_filesystem_holds_up_no_other()
    {
        using var dead = new HangingFileSystem();
        var program = dead.Write("program", "#!/bin/sh\n");
        dead.Hang();
        try
        {
            using var unlucky = _agent.Connect();
            unlucky.Send(GuestProgram.Request(program, []) + "\n");
            for (var count = 0; count < 5; count++)
                Assert.Equal("alive\n", GuestProgram.Output(GuestProgram.Shell(_client, "echo alive")));
        }
        finally
        {
            dead.Recover();
        }
    }

    private static string StatOf(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/stat");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
