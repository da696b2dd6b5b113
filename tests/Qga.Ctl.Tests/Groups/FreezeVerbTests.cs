using Newtonsoft.Json.Linq;
using Qga.Ctl.Verbs;
using Qga.Testing;

namespace Qga.Ctl.Tests.Groups;

/// <summary>The tool, and the rows of docs/group-freeze.md, with guests that need no kernel; each ends with no guest frozen.</summary>
public sealed class FreezeVerbTests : IDisposable
{
    private const string Freeze = "guest-fsfreeze-freeze", Thaw = "guest-fsfreeze-thaw";

    private readonly ScratchDirectory _scratch = new();
    private readonly SimulatedGuest _one;
    private readonly SimulatedGuest _two;
    private readonly string _hold;

    public FreezeVerbTests()
    {
        (_one, _two) = (new SimulatedGuest(_scratch.PathOf("one")), new SimulatedGuest(_scratch.PathOf("two")));
        _hold = _scratch.PathOf("hold");
    }

    private string[] Both => [_one.Address, _two.Address];

    public void Dispose()
    {
        _one.Dispose();
        _two.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void Group_is_frozen_for_its_snapshot()
    {
        _two.HasDeadline = false;
        var run = GroupRun.Of(["--json", .. Both, "--", "sh", "-c", "echo text"]);
        Assert.Equal((0, "text\n"), (run.ExitCode, run.Error));

        var report = GroupRun.Json(run);
        Assert.Equal(("consistent", 0, null), ((string?)report["outcome"], (int?)report["exitCode"], (string?)report["reason"]));
        var guests = (JArray)report["guests"]!;
        Assert.Equal(Both, guests.Select(guest => (string?)guest["address"]));
        Assert.All(guests, guest => Assert.Equal((2, 2, "thawed"), ((int?)guest["frozen"], (int?)guest["thawed"], (string?)guest["state"])));
        Assert.Equal([42L, null], guests.Select(guest => (long?)guest["thawsAfterSeconds"]));
        Assert.Equal((42L, null), (_one.Deadline, _two.Deadline));
        Assert.InRange((double)report["skewMs"]!, 0, (double)report["windowMs"]!);
        Assert.InRange((double)report["allFrozen"]!["ms"]!, 0, (double)report["windowMs"]!);
        Assert.Equal(0, (int?)report["snapshot"]!["exitCode"]);
        string?[] times =
        [
            (string?)guests[0]["frozenAt"], (string?)report["allFrozen"]!["from"], (string?)report["snapshot"]!["began"], (string?)report["snapshot"]!["ended"],
            (string?)report["allFrozen"]!["to"], (string?)guests[0]["thawedAt"],
        ];
        Assert.Equal(times.Order(StringComparer.Ordinal), times);
        AssertThawed();
    }

    /// <summary>virsh and qm are run anew for each request, and qm has no word for a deadline.</summary>
    [Fact]
    public void Guests_by_every_way_are_a_group()
    {
        using SimulatedGuest three = new(_scratch.PathOf("three")), four = new(_scratch.PathOf("four"));
        WriteHostProgram("virsh", "two");
        WriteHostProgram("qm", "three");
        string[] addresses = [_one.Address, "virsh:vm1", "qm:101", $"exec:socat - UNIX-CONNECT:{_scratch.PathOf("four")}"];
        var path = $"{_scratch.Root}:{Environment.GetEnvironmentVariable("PATH")}";
        var run = ProcessRun.Of(PublishedTool.Executable, ["freeze", "--json", .. addresses, "--", "true"], new Dictionary<string, string?> { ["PATH"] = path });
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal([42L, 42L, null, 42L], GroupRun.Json(run)["guests"]!.Select(guest => (long?)guest["thawsAfterSeconds"]));
        Assert.All((SimulatedGuest[])[_one, _two, three, four], guest => Assert.Equal((0, 1), (guest.Frozen, guest.Done.Count(command => command == Freeze))));
    }

    [Fact]
    public void Report_for_people_has_a_line_for_each_guest()
    {
        var run = GroupRun.Of([.. Both, "--", "true"]);
        Assert.Equal(0, run.ExitCode);
        var lines = run.Output.Split('\n');
        Assert.Matches(@"/one  frozen in [\d.]+ ms +thawed in [\d.]+ ms +2 filesystems  thaws itself after 42 s$", lines[0]);
        Assert.Matches(@"/two  frozen in [\d.]+ ms +thawed in [\d.]+ ms +2 filesystems  thaws itself after 42 s$", lines[1]);
        Assert.Matches(@"^skew [\d.]+ ms, window [\d.]+ ms, all frozen for [\d.]+ ms$", lines[2]);
        Assert.Equal("consistent: the snapshot was taken while all 2 guests were frozen", lines[3]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("unix:/a")]
    [InlineData("unix:/a --")]
    [InlineData("-- true")]
    [InlineData("--limit 0 unix:/a -- true")]
    [InlineData("unix:/a unix:/b unix:/a -- true")]
    [InlineData("unix:/a -- /none/such")]
    [InlineData("unix:/a -- /etc")]
    [InlineData("unix:/a -- no-such-program")]
    [InlineData("--limit 2592000 unix:/a -- true")]
    public async Task Command_line_that_makes_no_sense_is_refused(string words)
    {
        var run = await ToolRun.OfAsync(["freeze", .. words.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public async Task Program_without_a_name_is_refused() => Assert.Equal(2, (await ToolRun.OfAsync("freeze", "unix:/a", "--", "")).ExitCode);

    /// <summary>As a shell has it. The runtime would run it.</summary>
    [Fact]
    public void Program_of_the_current_directory_is_none()
    {
        _scratch.WriteProgram("lvcreate-here", $"#!/bin/sh\ntouch {_scratch.PathOf("run")}\n");
        using var run = GroupRun.By($"cd {_scratch.Root}", [.. Both, "--", "lvcreate-here"]);
        Assert.Equal(2, run.WaitForExit());
        Assert.Contains("there is no 'lvcreate-here' in PATH", run.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(_scratch.PathOf("run")));
        Assert.Empty(_one.Done);

        using var named = GroupRun.By($"cd {_scratch.Root}", [.. Both, "--", "./lvcreate-here"]);
        Assert.Equal(0, named.WaitForExit());
        Assert.True(File.Exists(_scratch.PathOf("run")));
    }

    [Fact]
    public void Guest_that_is_named_by_two_paths_is_refused()
    {
        File.CreateSymbolicLink(_scratch.PathOf("link"), "one");
        var run = GroupRun.Of(_one.Address, _scratch.PathOf("link"), "--", "true");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{_one.Address} and {_scratch.PathOf("link")} are the same guest", run.Error, StringComparison.Ordinal);
        Assert.Empty(_one.Done);
    }

    [Fact]
    public void Guest_that_can_not_be_reached_is_found_before_anything_is_frozen()
    {
        _two.Die();
        var run = GroupRun.Of([.. Both, "--", "true"]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"nothing was frozen: {_two.Address}: ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Freeze, _one.Done);
    }

    [Fact]
    public void Guest_that_does_not_answer_is_found_before_anything_is_frozen()
    {
        _two.Before["guest-fsfreeze-status"] = Task.Delay(Timeout.Infinite);
        Assert.Equal(3, GroupRun.Of(["--timeout", "0.5", .. Both, "--", "true"]).ExitCode);
        Assert.DoesNotContain(Freeze, _one.Done);
    }

    [Fact]
    public void Guest_that_is_frozen_already_is_left_as_it_is()
    {
        _two.FreezeFromOutside();
        var run = GroupRun.Of([.. Both, "--", "true"]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"nothing was frozen: {_two.Address}: it is frozen already", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Freeze, _one.Done);
        Assert.Equal(2, _two.Frozen);
    }

    [Fact]
    public void Guest_that_may_not_be_thawed_is_not_frozen()
    {
        _two.Disabled.Add(Thaw);
        var run = GroupRun.Of([.. Both, "--", "true"]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"its agent does not allow {Thaw}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Guest_whose_hook_refuses_has_all_thawed()
    {
        _two.Failures[Freeze] = "the hook has failed";
        var run = GroupRun.Of([.. Both, "--", "touch", _scratch.PathOf("taken")]);
        Assert.Equal(FreezeVerb.NotFrozen, run.ExitCode);
        Assert.Contains($"no snapshot was taken: {_two.Address}: {Freeze}: the hook has failed", run.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(_scratch.PathOf("taken")));
        AssertThawed();
    }

    [Fact]
    public void Guest_that_does_not_answer_the_freeze_has_all_thawed()
    {
        _two.Unanswered.Add(Freeze);
        var run = GroupRun.Of(["--freeze-limit", "0.5", .. Both, "--", "true"]);
        Assert.Equal(FreezeVerb.NotFrozen, run.ExitCode);
        Assert.Matches("no snapshot was taken: not frozen within 0.5 s: .*/two\n", run.Output);
        AssertThawed();
    }

    [Fact]
    public void Guest_that_is_lost_in_the_freeze_is_thawed_when_it_is_back()
    {
        var gate = new TaskCompletionSource();
        _two.Before[Freeze] = gate.Task;
        using var run = new GroupRun([.. Both, "--", "true"]);
        Eventually.True(() => _two.Done.Contains(Freeze));
        _two.Die();
        gate.SetResult();
        Eventually.True(() => _two.Frozen > 0);
        _two.Return();
        Assert.Equal(FreezeVerb.NotFrozen, run.WaitForExit());
        AssertThawed();
    }

    [Fact]
    public void Guest_that_has_nothing_to_freeze_is_a_failure()
    {
        _two.Count = 0;
        var run = GroupRun.Of([.. Both, "--", "true"]);
        Assert.Equal(FreezeVerb.NotFrozen, run.ExitCode);
        Assert.Contains("it has nothing that can be frozen", run.Output, StringComparison.Ordinal);
        AssertThawed();
    }

    [Fact]
    public void Guest_that_somebody_else_freezes_meanwhile_is_left_to_him()
    {
        var gate = new TaskCompletionSource();
        _two.Before[Freeze] = gate.Task;
        using var run = new GroupRun([.. Both, "--", "true"]);
        Eventually.True(() => _two.Done.Contains(Freeze));
        _two.FreezeFromOutside();
        gate.SetResult();
        Assert.Equal(FreezeVerb.NotFrozen, run.WaitForExit());
        Assert.Contains("somebody else has frozen it, or it has two addresses in this group", run.Output, StringComparison.Ordinal);
        Assert.Equal((0, 2), (_one.Frozen, _two.Frozen));
    }

    [Theory]
    [InlineData("false", "exit code 1")]
    [InlineData("{scratch}/bad", "{scratch}/bad can't be run")]
    public void Snapshot_that_fails_is_a_failure(string program, string reason)
    {
        _scratch.WriteProgram("bad", "#!/none/such\n");
        reason = reason.Replace("{scratch}", _scratch.Root, StringComparison.Ordinal);
        var run = GroupRun.Of([.. Both, "--", program.Replace("{scratch}", _scratch.Root, StringComparison.Ordinal)]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"no snapshot: the snapshot has failed: {reason}", run.Output, StringComparison.Ordinal);
        AssertThawed();
    }

    [Fact]
    public void Snapshot_that_is_too_slow_is_ended()
    {
        var run = GroupRun.Of(["--limit", "0.5", .. Both, "--", "sleep", "1000"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no snapshot: the snapshot has taken more than 0.5 s", run.Output, StringComparison.Ordinal);
        AssertThawed();
    }

    [Theory]
    [InlineData("sleep 333 & echo $! >> {file}; wait")]
    [InlineData("(setsid sleep 333 & echo $! >> {file}); sleep 333")]
    [InlineData("trap '' TERM; sh -c 'echo $$ >> {file}; while :; do sleep 0.05; done'; :")]
    public void Snapshot_that_is_ended_ends_with_all_that_it_has_started(string script)
    {
        var file = _scratch.PathOf("pids");
        var run = GroupRun.Of(["--limit", "0.5", .. Both, "--", "sh", "-c", script.Replace("{file}", file, StringComparison.Ordinal)]);
        Assert.Equal(1, run.ExitCode);
        var started = int.Parse(File.ReadAllText(file), System.Globalization.CultureInfo.InvariantCulture);
        Eventually.True(() => ProcessStatus.State(started) is null or 'Z');
        AssertThawed();
    }

    [Fact]
    public void What_the_program_leaves_running_is_told()
    {
        var run = GroupRun.Of(["--json", .. Both, "--", "sh", "-c", "sleep 333 > /dev/null 2>&1 & echo $!"]);
        Assert.Equal(0, run.ExitCode);
        var left = Assert.Single(GroupRun.Json(run)["snapshot"]!["leftRunning"]!);
        Assert.Equal(run.Error, $"{left}\n");
        Signal.Kill.Send((int)left);
    }

    [Fact]
    public void Program_has_signals_as_a_shell_leaves_them()
    {
        string[] command = ["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"];

        // The C library's own two, 32 and 33, are ignored by what make(1) starts, and nothing can change that.
        var usual = ProcessRun.Of("env", ["--default-signal=HUP,PIPE", .. command]);
        Assert.Matches(@"^SigBlk:\t0+\nSigIgn:\t0{7}[01][08]0{7}\n$", usual.Output);

        var run = GroupRun.Of([.. Both, "--", .. command]);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith(usual.Output, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("> /dev/full", "the output can't be written: No space left on device")]
    [InlineData("| true", "nobody reads the output any more")]
    public void Report_that_nobody_reads_does_not_change_what_became_of_the_guests(string output, string reason)
    {
        _two.Failures[Freeze] = "the hook has failed";
        var words = string.Join(' ', Both.Select(address => $"'{address}'"));
        var run = ProcessRun.Of("bash", ["-c", $"'{PublishedTool.Executable}' freeze --watch-limit 10 {words} -- true {output}; echo ${{PIPESTATUS[0]}} >&2"]);
        Assert.Equal($"qgactl: {reason}\n{FreezeVerb.NotFrozen}\n", run.Error);
        AssertThawed();
    }

    [Fact]
    public void Snapshot_of_a_guest_that_was_thawed_meanwhile_is_worth_nothing()
    {
        using var run = StartHeld();
        _two.ThawFromOutside(1);
        File.Delete(_hold);
        Assert.Equal(FreezeVerb.Void, run.WaitForExit());
        Assert.Contains($"the snapshot is worth nothing: {_two.Address}: of 2 filesystems 1 were thawed by somebody else before", run.Output, StringComparison.Ordinal);
        AssertThawed();
    }

    [Fact]
    public void Snapshot_of_a_guest_whose_thaw_hook_fails_is_worth_nothing()
    {
        _two.Failures[Thaw] = "the hook has failed";
        var run = GroupRun.Of([.. Both, "--", "true"]);
        Assert.Equal(FreezeVerb.Void, run.ExitCode);
        Assert.Contains("its thaw has not told how much was frozen until then: the hook has failed", run.Output, StringComparison.Ordinal);
        AssertThawed();
    }

    [Theory]
    [InlineData("consistent", 0)]
    [InlineData("not consistent", FreezeVerb.Void)]
    public void Record_of_a_guest_counts(string verdict, int exitCode)
    {
        _two.Record = new JObject { ["verdict"] = verdict };
        var run = GroupRun.Of(["--json", .. Both, "--", "true"]);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal(verdict, (string?)GroupRun.Json(run)["guests"]![1]!["evidence"]!["verdict"]);
    }

    [Fact]
    public void Guest_that_is_thawed_and_frozen_again_is_found_by_its_record()
    {
        _two.Record = new JObject { ["verdict"] = "consistent" };
        using var run = StartHeld();
        _two.ThawFromOutside(2);
        _two.FreezeFromOutside();
        File.Delete(_hold);
        Assert.Equal(FreezeVerb.Void, run.WaitForExit());
        Assert.Contains($"{_two.Address}: its last record is that of another freeze", run.Output, StringComparison.Ordinal);
        AssertThawed();
    }

    [Fact]
    public void Record_that_is_promised_and_refused_is_missed()
    {
        _two.Record = new JObject { ["verdict"] = "consistent" };
        _two.Failures[SimulatedGuest.ReportCommand] = "no memory";
        var run = GroupRun.Of([.. Both, "--", "true"]);
        Assert.Equal(FreezeVerb.Void, run.ExitCode);
        Assert.Contains($"{_two.Address}: it keeps records of its freezes, and none of this one has come", run.Output, StringComparison.Ordinal);
        AssertThawed();
    }

    [Fact]
    public void Count_that_can_not_be_proves_nothing()
    {
        _two.Count = -3;
        var run = GroupRun.Of([.. Both, "--", "true"]);
        Assert.Equal(FreezeVerb.NotFrozen, run.ExitCode);
        Assert.Contains("it says that it has frozen -3 filesystems", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Agent_that_starts_anew_while_frozen_is_thawed()
    {
        using var run = StartHeld();
        _two.Die();
        File.Delete(_hold);
        Eventually.True(() => _one.Frozen == 0);
        _two.Return();
        Assert.Equal(0, run.WaitForExit());
        AssertThawed();
    }

    [Fact]
    public void Guest_that_is_lost_while_frozen_is_left_to_the_watcher()
    {
        using var run = StartHeld("--thaw-limit", "0.5");
        var watcher = run.Watcher;
        _two.Die();
        File.Delete(_hold);

        // Who reads the tool's output does not wait for the watcher.
        Assert.Equal(FreezeVerb.MayBeFrozen, run.WaitForExit());
        Assert.Matches($"may still be frozen: .*/two; the watcher \\(process {watcher}\\) goes on for 1 min 0 s at most", run.Output);
        Assert.NotNull(ProcessStatus.State(watcher));
        _two.Return();
        GroupRun.AwaitEndOf(watcher);
        AssertThawed();
    }

    [Fact]
    public void Watcher_says_in_a_terminal_what_it_has_thawed()
    {
        File.WriteAllText(_hold, "");
        string[] words = ["freeze", "--limit", "60", "--thaw-limit", "0.5", .. Both, "--", .. GroupRun.Held(_scratch.PathOf("snapshot"))];
        var command = string.Join(' ', words.Prepend(PublishedTool.Executable).Select(word => $"'{word}'"));
        using var terminal = new RunningProcess("script", ["-q", "-e", "-c", $"{command}; while [ -e {_hold} ]; do sleep 0.05; done", "/dev/null"]);
        terminal.AwaitOutput(GroupRun.Began);
        _two.Die();
        File.Delete(_scratch.PathOf("snapshot"));
        terminal.AwaitOutput("may still be frozen");
        _two.Return();
        terminal.AwaitOutput($"{_two.Address} was left frozen, and is thawed");
        File.Delete(_hold);
    }

    [Fact]
    public void Watcher_keeps_nothing_that_its_caller_has()
    {
        var file = _scratch.PathOf("lock");
        using var run = GroupRun.By($"cd {_scratch.Root}; exec 9> {file}", ["--limit", "60", "unix:one", "--", .. GroupRun.Held(_hold)]);
        run.AwaitOutput(GroupRun.Began);
        var watcher = run.Watcher;
        Assert.Equal("/", new DirectoryInfo($"/proc/{watcher}/cwd").LinkTarget);
        Assert.DoesNotContain(file, Directory.GetFileSystemEntries($"/proc/{watcher}/fd").Select(entry => new FileInfo(entry).LinkTarget));
        run.Send(Signal.Kill);
        GroupRun.AwaitEndOf(watcher);
        File.Delete(_hold);
        AssertThawed();
    }

    [Theory]
    [InlineData(Signal.Interrupt)]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.HangUp)]
    public void Signal_thaws_all_and_says_so(Signal signal)
    {
        using var run = StartHeld();
        run.Send(signal);
        Assert.Equal(128 + (int)signal, run.WaitForExit());
        Assert.Contains("interrupted while the snapshot was being taken; all guests are thawed", run.Output, StringComparison.Ordinal);
        AssertThawed();
    }

    [Fact]
    public void Signal_during_the_freeze_thaws_all()
    {
        var gate = new TaskCompletionSource();
        _two.Before[Freeze] = gate.Task;
        using var run = new GroupRun([.. Both, "--", "true"]);
        Eventually.True(() => _two.Done.Contains(Freeze));
        run.Send(Signal.Interrupt);
        Eventually.True(() => _one.Done.Contains(Thaw));
        gate.SetResult();
        Assert.Equal(130, run.WaitForExit());
        AssertThawed();
    }

    [Fact]
    public void Second_signal_ends_the_tool_and_the_watcher_thaws()
    {
        var gate = new TaskCompletionSource();
        _two.Before[Thaw] = gate.Task;
        using var run = StartHeld();
        var watcher = run.Watcher;
        run.Send(Signal.Interrupt);
        Eventually.True(() => _two.Done.Contains(Thaw));
        run.Send(Signal.Interrupt);
        run.AwaitEnd();
        gate.SetResult();
        GroupRun.AwaitEndOf(watcher);
        AssertThawed();
    }

    [Fact]
    public void Tool_that_is_killed_while_all_is_frozen_leaves_nothing_frozen()
    {
        using var run = StartHeld();
        run.Send(Signal.Kill);
        Eventually.True(() => _one.Frozen + _two.Frozen == 0);

        // The snapshot command runs on, and has the tool's output.
        File.Delete(_hold);
        Assert.Equal(128 + (int)Signal.Kill, run.WaitForExit());
        AssertThawed();
    }

    [Fact]
    public void Tool_that_is_killed_in_the_freeze_leaves_nothing_frozen()
    {
        var gate = new TaskCompletionSource();
        _two.Before[Freeze] = gate.Task;
        using var run = new GroupRun([.. Both, "--", "true"]);
        Eventually.True(() => _two.Done.Contains(Freeze));
        var watcher = run.Watcher;
        run.Send(Signal.Kill);
        run.AwaitEnd();
        gate.SetResult();
        GroupRun.AwaitEndOf(watcher);
        AssertThawed();
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void Tool_that_is_stopped_is_ended_at_the_deadline()
    {
        using var run = StartHeld("--freeze-limit", "5", "--limit", "5");
        run.Send(Signal.Stop);
        Eventually.True(() => _one.Frozen + _two.Frozen == 0);
        File.Delete(_hold);
        Assert.Equal(128 + (int)Signal.Kill, run.WaitForExit());
        AssertThawed();
    }

    [Fact]
    public void Watcher_that_is_killed_ends_the_group()
    {
        using var run = StartHeld();
        Signal.Kill.Send(run.Watcher);
        Assert.Equal(1, run.WaitForExit());
        Assert.Contains("no snapshot: the watcher has died", run.Output, StringComparison.Ordinal);
        AssertThawed();
    }

    [Fact]
    public void Watcher_takes_no_signal_and_is_in_a_session_of_its_own()
    {
        using var run = StartHeld();
        var watcher = run.Watcher;
        foreach (var signal in new[] { Signal.HangUp, Signal.Interrupt, Signal.Terminate })
            signal.Send(watcher);
        var stat = File.ReadAllText($"/proc/{watcher}/stat");
        Assert.Equal($"{watcher}", stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3]);
        File.Delete(_hold);
        Assert.Equal(0, run.WaitForExit());
    }

    /// <summary>A thousand guests take the memory that a thousand connections need, and more descriptors than a shell allows.</summary>
    [Fact]
    [Trait("Speed", "Slow")]
    public void Thousand_guests_are_a_group()
    {
        const int Count = 1000;
        SimulatedGuest[] guests = [.. Enumerable.Range(0, Count).Select(number => new SimulatedGuest(_scratch.PathOf($"{number}")))];
        try
        {
            string[] words = ["freeze", "--json", .. guests.Select(guest => guest.Address), "--", "sh", "-c", "grep VmHWM /proc/$PPID/status"];
            var run = ProcessRun.Of("sh", ["-c", "ulimit -Sn 1024; exec \"$0\" \"$@\"", PublishedTool.Executable, .. words]);
            Assert.Equal(0, run.ExitCode);
            Assert.Equal(Count, GroupRun.Json(run)["guests"]!.Count(guest => (int?)guest["thawed"] == 2));
            Assert.All(guests, guest => Assert.Equal(0, guest.Frozen));
            Assert.InRange(long.Parse(run.Error.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], System.Globalization.CultureInfo.InvariantCulture), 1, 300 << 10);
        }
        finally
        {
            foreach (var guest in guests)
                guest.Dispose();
        }
    }

    /// <summary>Starts it, and returns once the snapshot is being taken, which ends when <see cref="_hold"/> goes.</summary>
    private GroupRun StartHeld(params string[] options)
    {
        var run = new GroupRun(["--limit", "60", .. options, .. Both, "--", .. GroupRun.Held(_hold)]);
        run.AwaitOutput(GroupRun.Began);
        return run;
    }

    private void WriteHostProgram(string name, string guest)
    {
        var folder = Repository.PathOf("tests/Qga.Client.Tests/Programs");
        var text = File.ReadAllText(Path.Combine(folder, name)).Replace("@FOLDER@", folder, StringComparison.Ordinal);
        _scratch.WriteProgram(name, text.Replace("@SOCKET@", _scratch.PathOf(guest), StringComparison.Ordinal));
    }

    private void AssertThawed() => Assert.Equal((0, 0), (_one.Frozen, _two.Frozen));
}
