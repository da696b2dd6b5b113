using Newtonsoft.Json.Linq;
using Qga.Platform;
using Qga.Platform.Processes;
using Qga.Platform.Processes.Keeper;
using Qga.Testing;

namespace Qga.Host.Tests.Processes;

/// <summary>Programs outlive the agent that has started them, and the next one tells how they ended.</summary>
public sealed class ProgramKeeperTests : IDisposable
{
    /// <summary>Prints before, while and after there is no agent; the test tells when.</summary>
    private const string Script = "pass() { while [ ! -e $1 ] && [ -d ${1%/*} ]; do sleep 0.05; done; }; "
        + "echo before; pass $1; echo between; pass $2; echo after; echo error >&2; exit 7";

    private readonly ScratchDirectory _scratch = new();

    /// <summary>Waits for the gate, or for the end of the test: these programs outlive whoever has started them.</summary>
    private string UntilGate => $"while [ ! -e {_scratch.PathOf("gate")} ] && [ -d {_scratch.Root} ]; do sleep 0.1; done";

    private string Socket => _scratch.PathOf("agent.sock");

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(Signal.HandOver)]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.Kill)]
    public void Program_goes_on_and_the_next_agent_tells_its_end_and_all_that_it_printed(Signal signal)
    {
        int pid;
        string[] gates = [_scratch.PathOf("gate1"), _scratch.PathOf("gate2")];
        using (var agent = Start(out var client))
        using (client)
        {
            pid = (int)Qmp.Return(client.Ask(GuestProgram.Request("/bin/sh", ["-c", Script, "sh", .. gates])))["pid"]!;
            End(agent, signal);
        }

        File.WriteAllText(gates[0], "");
        using (Start(out var client))
        using (client)
        {
            Assert.False((bool)Qmp.Return(client.Ask(GuestProgram.Status(pid)))["exited"]!);
            File.WriteAllText(gates[1], "");
            AssertEnd(GuestProgram.EndOf(client, pid));
        }

        using (Start(out var client))
        using (client)
            AssertEnd(GuestProgram.EndOf(client, pid));

        static void AssertEnd(JToken end)
        {
            Assert.Equal(7, end["exitcode"]);
            Assert.Equal("before\nbetween\nafter\n", GuestProgram.Output(end));
            Assert.Equal("ZXJyb3IK", end["err-data"]);
        }
    }

    [Fact]
    public void What_ends_while_there_is_no_agent_is_told_by_the_next()
    {
        int[] pids;
        using (var agent = Start(out var client))
        using (client)
        {
            pids =
            [
                GuestProgram.StartShell(client, "exit 3"),
                GuestProgram.StartShell(client, "kill -KILL $$"),
                GuestProgram.StartShell(client, "head -c 16777216 /dev/zero | tr '\\0' x"),
                GuestProgram.StartShell(client, "head -c 100000 >&2", ("input-data", Convert.ToBase64String(new byte[100_000]))),
            ];
            End(agent, Signal.Kill);
        }

        foreach (var pid in pids)
            Eventually.True(() => !Directory.Exists($"/proc/{pid}"));
        using (Start(out var client))
        using (client)
        {
            var ends = pids.Select(pid => GuestProgram.EndOf(client, pid)).ToList();
            Assert.Equal(3, ends[0]["exitcode"]);
            Assert.Equal(9, ends[1]["signal"]);
            Assert.Equal((16 << 20, false), (GuestProgram.Output(ends[2]).Length, (bool)ends[2]["out-truncated"]!));
            Assert.Equal(100_000, Convert.FromBase64String((string)ends[3]["err-data"]!).Length);
        }
    }

    [Fact]
    public void Hundred_and_twenty_eight_programs_outlive_their_agent()
    {
        int[] pids;
        using (var agent = Start(out var client))
        using (client)
        {
            pids = [.. Enumerable.Range(0, 128).Select(number => GuestProgram.StartShell(client, $"{UntilGate}; exit {number}"))];
            End(agent, Signal.Kill);
        }

        using (Start(out var client))
        using (client)
        {
            Assert.Contains("128 processes run already", Qmp.Error(client.Ask(GuestProgram.Request("/bin/true", []))));
            File.WriteAllText(_scratch.PathOf("gate"), "");
            for (var number = 0; number < pids.Length; number++)
                Assert.Equal(number, GuestProgram.EndOf(client, pids[number])["exitcode"]);
            Assert.Equal(0, GuestProgram.Shell(client, "exit 0")["exitcode"]);
        }
    }

    [Fact]
    public void Agent_that_was_replaced_on_disk_leaves_its_programs_to_the_new_one()
    {
        var executable = Install();
        int pid;
        using (var agent = Start(executable, out var client))
        using (client)
        {
            pid = GuestProgram.StartShell(client, $"echo before; {UntilGate}; echo after; exit 5");
            File.Delete(executable);
            Install();
            End(agent, Signal.HandOver);
        }

        File.WriteAllText(_scratch.PathOf("gate"), "");
        using (Start(executable, out var client))
        using (client)
        {
            var end = GuestProgram.EndOf(client, pid);
            Assert.Equal((5, "before\nafter\n"), ((int)end["exitcode"]!, GuestProgram.Output(end)));
        }
    }

    [Fact]
    public void Agents_of_two_state_directories_know_nothing_of_each_others_programs()
    {
        using var other = new PublishedAgent();
        using var client = other.Connect();
        var pid = GuestProgram.StartShell(client, "exec sleep 1000");
        using (Start(out var ours))
        using (ours)
            Assert.Equal($"PID {pid} does not exist", Qmp.Error(ours.Ask(GuestProgram.Status(pid))));
        GuestProgram.Shell(client, $"kill {pid}");
        Assert.Equal(15, GuestProgram.EndOf(client, pid)["signal"]);
    }

    [Fact]
    public void Keeper_that_is_killed_costs_the_ends_of_its_programs_and_no_more()
    {
        using var agent = Start(out var client);
        using (client)
        {
            var done = GuestProgram.StartShell(client, "echo done; exit 2");
            GuestProgram.EndOf(client, done);
            var much = GuestProgram.StartShell(client, "head -c 100000 /dev/zero");
            Eventually.True(() => !Directory.Exists($"/proc/{much}"));
            var pid = GuestProgram.StartShell(client, "exec sleep 1000");
            Signal.Kill.Send(Keeper());

            Eventually.True(() => Failed(pid));
            Assert.Equal(
                $"process {pid}: nobody knows whether it has ended, or how, since qga-program-keeper, which had it, was ended",
                Qmp.Error(client.Ask(GuestProgram.Status(pid))));
            Assert.Equal(
                $"process {much}: its output is lost, since qga-program-keeper, which had it, was ended",
                Qmp.Error(client.Ask(GuestProgram.Status(much))));
            Assert.Equal("done\n", GuestProgram.Output(GuestProgram.EndOf(client, done)));
            Assert.Equal("again\n", GuestProgram.Output(GuestProgram.Shell(client, "echo again")));
            Signal.Kill.Send(pid);

            bool Failed(int process) => client.Ask(GuestProgram.Status(process)).Contains("error", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keeper_without_memory_for_a_start_refuses_it_and_keeps_its_programs()
    {
        var keeper = _scratch.WriteProgram(
            "keeper",
            $"#!/bin/bash\nDOTNET_GCHeapHardLimit=2000000 exec -a {ProgramKeeperProcess.Name} {PublishedAgent.Executable} \"$@\"\n");
        var processes = KeptGuestProcesses.Find(keeper, _scratch.Root, static _ => { });
        var program = processes.Start(Shell($"{UntilGate}; exit 3"));

        var failure = Assert.Throws<PlatformException>(() => processes.Start(Shell("exit 0") with { Input = new byte[100_000_000] }));
        Assert.Contains("memory", failure.Message, StringComparison.Ordinal);

        File.WriteAllText(_scratch.PathOf("gate"), "");
        Assert.Equal(3, (await program.Ended).ExitCode);

        static ProcessStart Shell(string script) => new("/bin/sh", ["-c", script], null, null, OutputCapture.None);
    }

    [Fact]
    public void Keeper_ends_at_once_when_it_is_told_to_and_its_socket_hinders_no_later_one()
    {
        using (var agent = Start(out var client))
        using (client)
        {
            GuestProgram.Shell(client, "exit 0");
            var keeper = Keeper();
            Signal.Terminate.Send(keeper);
            Eventually.True(() => !Directory.Exists($"/proc/{keeper}"));
            Assert.Equal(1, GuestProgram.Shell(client, "exit 1")["exitcode"]);
            End(agent, Signal.Terminate);
        }

        using (Start(out var client))
        using (client)
            Assert.Equal(2, GuestProgram.Shell(client, "exit 2")["exitcode"]);
    }

    [Fact]
    public void Keeper_with_nothing_to_remember_is_not_there()
    {
        using var agent = Start(out var client);
        using (client)
        {
            // One that was killed has left its address behind, and the number is used again.
            var before = Addresses();
            Assert.Empty(KeeperProcess.Of(_scratch.Root));
            Assert.Contains("No such file", Qmp.Error(client.Ask(GuestProgram.Request("/no/such", []))));
            Eventually.True(() => KeeperProcess.Of(_scratch.Root).Count == 0);
            Assert.Equal(before, Addresses());
        }

        string[] Addresses() => [.. Directory.EnumerateFiles("/run/qga", $"keeper-*-{agent.Pid}").Order()];
    }

    [Fact]
    public void Agent_that_is_refused_takes_no_program_of_the_one_that_runs()
    {
        using var agent = Start(out var client);
        using (client)
        {
            var pid = GuestProgram.StartShell(client, "exec sleep 1000");
            using (var second = PublishedAgent.Start(_scratch, "-m", "unix-listen", "-p", _scratch.PathOf("second.sock")))
            {
                Assert.NotEqual(0, second.WaitForExit());
                Assert.Contains(
                    $"failed to lock state directory {_scratch.Root}: process {agent.Pid} uses it", second.Output, StringComparison.Ordinal);
            }

            GuestProgram.Shell(client, $"kill {pid}");
            Assert.Equal(15, GuestProgram.EndOf(client, pid)["signal"]);
        }
    }

    /// <summary>Ends it, and waits for that.</summary>
    private static void End(RunningProcess agent, Signal signal)
    {
        agent.Send(signal);
        agent.WaitForExit();
    }

    private int Keeper() => Assert.Single(KeeperProcess.Of(_scratch.Root));

    private string Install()
    {
        var path = _scratch.PathOf("qga");
        ProcessRun.Of("install", ["-m", "755", PublishedAgent.Executable, path]);
        return path;
    }

    private RunningProcess Start(out QmpClient client) => Start(PublishedAgent.Executable, out client);

    private RunningProcess Start(string executable, out QmpClient client)
    {
        var agent = new RunningProcess(executable, ["-t", _scratch.Root, "-m", "unix-listen", "-p", Socket], _scratch.Root);
        client = QmpClient.ConnectOnceListening(Socket, agent);
        return agent;
    }
}
