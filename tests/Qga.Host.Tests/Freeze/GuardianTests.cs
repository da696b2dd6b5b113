using System.Globalization;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Qga.Platform;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Guardian;
using Qga.Platform.Native;
using Qga.Platform.State;
using Qga.Platform.Storage;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>The guardian as a process, with folders of a tmpfs in its hands, which nobody can freeze; we are its agent.</summary>
[SupportedOSPlatform("linux")]
public sealed class GuardianTests : IDisposable
{
    private const string DeadlineHook = "#!/bin/sh\nenv > \"$0.environment\"; pwd > \"$0.folder\"; echo \"$1 $QGA_HOOK_REASON\" >> \"$0.calls\"\n";

    private static readonly TimeSpan Long = Eventually.Patience;
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);

    private readonly ScratchDirectory _scratch = new();
    private readonly string _memory = Directory.CreateDirectory($"/dev/shm/qga-test-{Guid.NewGuid():n}").FullName;
    private readonly List<IOpenMountPoint> _mountPoints = [];
    private readonly FrozenMarker _marker;
    private readonly LinuxFreezeGuardians _guardians;

    public GuardianTests()
    {
        _marker = new FrozenMarker(_scratch.Root);
        _guardians = Guardians();
        for (var number = 0; number < 20; number++)
        {
            var path = Directory.CreateDirectory($"{_memory}/{number}").FullName;
            _mountPoints.Add(OpenMountPoint.Open(new MountPoint(path, "tmpfs", default)));
        }
    }

    public void Dispose()
    {
        foreach (var process in Processes())
        {
            using var handle = new ProcessHandle(process);
            if (IsGuardian(process))
                handle.TrySend(Signal.Kill);
        }

        if (Environment.IsPrivilegedProcess)
            File.Delete(Address);
        _mountPoints.ForEach(mountPoint => mountPoint.Dispose());
        Directory.Delete(_memory, recursive: true);
        _scratch.Dispose();
    }

    [Fact]
    public void Guardian_has_a_session_of_its_own_and_only_what_it_needs_in_its_hands()
    {
        using var guardian = _guardians.Start(_mountPoints, isFrozen: false);

        var process = Assert.Single(Processes());
        Assert.Equal($"{process}", Stat(process)[3]);
        Assert.Equal("/", new FileInfo($"/proc/{process}/cwd").LinkTarget);
        var hands = Directory.GetFileSystemEntries($"/proc/{process}/fd")
            .ToDictionary(entry => int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture), entry => new FileInfo(entry).LinkTarget!);
        Assert.Equal(Enumerable.Repeat("/dev/null", 3), Enumerable.Range(0, 3).Select(number => hands[number]));
        Assert.StartsWith("socket:", hands[3], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 20).Select(number => $"{_memory}/{number}"), Enumerable.Range(4, 20).Select(number => hands[number]));
        Assert.Equal(
            [$"/proc/{process}/oom_score_adj", "pipe", "pipe", "pipe", "pipe", "signalfd", "socket", "timerfd"],
            hands.Where(hand => hand.Key >= 24)
                .Select(hand => hand.Value.Replace("anon_inode:[", "", StringComparison.Ordinal).TrimEnd(']').Split(":[")[0])
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Guardian_tells_what_it_lacks()
    {
        using var guardian = _guardians.Start(_mountPoints, isFrozen: false);

        var process = Assert.Single(Processes());
        List<string> lacking = [];
        if (File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmLck:", StringComparison.Ordinal)).EndsWith("\t       0 kB", StringComparison.Ordinal))
            lacking.Add("the freeze guardian can't lock its memory");
        if (File.ReadAllText($"/proc/{process}/oom_score_adj") != "-1000\n")
            lacking.Add("the freeze guardian may be ended when the guest runs out of memory");
        Assert.Equal(lacking, guardian.Warnings);
    }

    [Fact]
    public async Task Unarmed_guardian_ends_with_its_agent_and_touches_nothing()
    {
        _marker.Create();
        var guardian = Guardians(Hook()).Start(_mountPoints, isFrozen: false);
        var process = Assert.Single(Processes());
        Assert.Null(guardian.Remaining);

        guardian.Dispose();

        Assert.Null(await guardian.Ended.WaitAsync(Long));
        AssertGone(process);
        Assert.True(_marker.Exists());
        Assert.False(File.Exists(_scratch.PathOf("hook.calls")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dismissed_guardian_ends_and_leaves_the_rest_to_the_agent(bool isArmed)
    {
        _marker.Create();
        using var guardian = Guardians(Hook()).Start(_mountPoints, isFrozen: false);
        var process = Assert.Single(Processes());
        if (isArmed)
            guardian.Arm(Long);

        Assert.Equal(0, guardian.Dismiss(Long));
        Assert.True(guardian.Ended.IsCompleted);
        AssertGone(process);
        Assert.True(_marker.Exists());
        Assert.False(File.Exists(_scratch.PathOf("hook.calls")));
        Assert.Equal(0, guardian.Dismiss(Long));
    }

    [Fact]
    public void Armed_guardian_outlives_its_agent_and_is_found_by_the_next()
    {
        using (var guardian = _guardians.Start(_mountPoints, isFrozen: false))
        {
            Assert.Null(_guardians.Find(out _));
            guardian.Arm(Long);
            Assert.InRange(guardian.Remaining!.Value, Long / 2, Long);
        }

        using (var guardian = _guardians.Find(out _)!)
            Assert.InRange(guardian.Remaining!.Value, TimeSpan.FromTicks(1), Long);

        using var again = _guardians.Find(out _)!;
        again.Arm(null);
        Assert.Null(again.Remaining);
        Assert.Equal(0, again.Dismiss(Long));
        Assert.Null(_guardians.Find(out _));
    }

    [Fact]
    public void Guardian_without_a_deadline_says_so()
    {
        using (var guardian = _guardians.Start(_mountPoints, isFrozen: false))
            guardian.Arm(null);

        using var found = _guardians.Find(out _)!;
        Assert.Null(found.Remaining);
        Assert.Equal(0, found.Dismiss(Long));
    }

    [Fact]
    public async Task New_agent_takes_the_place_of_one_that_is_still_ending()
    {
        using var old = _guardians.Start(_mountPoints, isFrozen: false);
        old.Arm(Long);
        using var found = _guardians.Find(out _)!;

        Assert.Equal(0, found.Dismiss(Long));
        await old.Ended.WaitAsync(Long);
    }

    [Fact]
    public async Task Guardian_whose_agent_has_gone_does_at_the_deadline_what_belongs_to_a_thaw()
    {
        var guardian = Guardians(Hook()).Start(_mountPoints, isFrozen: false);
        guardian.Arm(Soon);
        _marker.Create();
        guardian.Mark(_marker);
        guardian.Dispose();

        await guardian.Ended.WaitAsync(Long);
        Assert.False(_marker.Exists());
        Assert.Equal("thaw deadline\n", File.ReadAllText(_scratch.PathOf("hook.calls")));
        Assert.Equal("/\n", File.ReadAllText(_scratch.PathOf("hook.folder")));
        Assert.DoesNotContain("DOTNET_GCHeapHardLimit", File.ReadAllText(_scratch.PathOf("hook.environment")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_that_does_not_thaw_at_the_deadline_has_it_done_by_the_guardian()
    {
        using var guardian = Guardians(Hook()).Start(_mountPoints, isFrozen: false);
        _marker.Create();
        guardian.Mark(_marker);
        guardian.Arm(TimeSpan.Zero);

        Assert.Equal(TimeSpan.Zero, guardian.Remaining);
        Assert.Equal(0, await guardian.Ended.WaitAsync(Long));
        Assert.False(_marker.Exists());
        Assert.Equal("thaw deadline\n", File.ReadAllText(_scratch.PathOf("hook.calls")));
        Assert.Equal(0, guardian.Dismiss(Long));
    }

    [Fact]
    public async Task Hook_belongs_to_whoever_has_removed_the_marker()
    {
        using var guardian = Guardians(Hook()).Start(_mountPoints, isFrozen: false);
        guardian.Arm(TimeSpan.Zero);

        Assert.Equal(0, await guardian.Ended.WaitAsync(Long));
        Assert.False(File.Exists(_scratch.PathOf("hook.calls")));
    }

    [Fact]
    public async Task Hook_runs_without_a_marker_too_if_there_is_no_agent()
    {
        var guardian = Guardians(Hook()).Start(_mountPoints, isFrozen: false);
        guardian.Arm(TimeSpan.Zero);
        guardian.Dispose();

        await guardian.Ended.WaitAsync(Long);
        Assert.True(File.Exists(_scratch.PathOf("hook.calls")));
    }

    [Fact]
    public async Task Hook_that_fails_or_hangs_does_not_keep_the_guardian()
    {
        var hook = _scratch.WriteProgram("hook", "#!/bin/sh\nexec sleep 1000\n");
        var guardian = Guardians(hook, TimeSpan.FromMilliseconds(100)).Start(_mountPoints, isFrozen: false);
        guardian.Arm(TimeSpan.Zero);
        guardian.Dispose();

        await guardian.Ended.WaitAsync(Long);
    }

    [Fact]
    public async Task Killed_guardian_is_missed()
    {
        using var guardian = _guardians.Start(_mountPoints, isFrozen: false);
        var process = Assert.Single(Processes());
        Signal.Kill.Send(process);

        Assert.Null(await guardian.Ended.WaitAsync(Long));
        AssertGone(process);
        Assert.Contains("it has ended", Assert.Throws<PlatformException>(() => guardian.Arm(Long)).Message, StringComparison.Ordinal);
        Assert.Equal(0, guardian.Dismiss(Long));
    }

    [Fact]
    public void Signals_that_end_an_agent_do_not_end_its_guardian()
    {
        using var guardian = _guardians.Start(_mountPoints, isFrozen: false);
        guardian.Arm(Long);
        var process = Assert.Single(Processes());
        foreach (var signal in (Signal[])[Signal.Terminate, Signal.Interrupt, Signal.HangUp])
            signal.Send(process);

        guardian.Arm(Long);
        Assert.False(guardian.Ended.IsCompleted);
        Assert.Equal(0, guardian.Dismiss(Long));
    }

    [Fact]
    public void Guardian_that_hangs_is_given_up()
    {
        using var guardian = _guardians.Start(_mountPoints, isFrozen: false);
        guardian.Arm(Long);
        Signal.Stop.Send(Assert.Single(Processes()));

        Assert.Null(guardian.TryThaw(_mountPoints[0].MountPoint));
        Assert.Contains("Connection timed out", Assert.Throws<SystemCallException>(() => guardian.Arm(Long)).Message, StringComparison.Ordinal);
        Assert.Null(guardian.Dismiss(TimeSpan.Zero));
    }

    /// <summary>One of a freeze that is over may not have ended yet.</summary>
    [Fact]
    public async Task Second_guardian_of_a_state_directory_is_the_one_that_is_found()
    {
        using var first = _guardians.Start(_mountPoints, isFrozen: false);
        first.Arm(Long);
        using var second = _guardians.Start(_mountPoints, isFrozen: false);
        second.Arm(Long);
        Assert.DoesNotContain(second.Warnings, warning => warning.Contains("found", StringComparison.Ordinal));

        Assert.Equal(0, first.Dismiss(Long));
        Assert.Equal(0, _guardians.Find(out _)!.Dismiss(Long));
        await second.Ended.WaitAsync(Long);
    }

    [Fact]
    public void Guardian_is_found_by_its_state_directory_whatever_the_path()
    {
        File.CreateSymbolicLink(_scratch.PathOf("link"), _scratch.Root);
        using (var guardian = _guardians.Start(_mountPoints, isFrozen: false))
            guardian.Arm(Long);

        Assert.Null(new LinuxFreezeGuardians(PublishedAgent.Executable, "/nowhere", null, Long).Find(out _));
        Assert.Equal(0, new LinuxFreezeGuardians(PublishedAgent.Executable, _scratch.PathOf("link"), null, Long).Find(out _)!.Dismiss(Long));
    }

    /// <summary>
    /// A program that is no agent, whatever its user: it connects to a guardian, has a message for it, and hears that nobody listens.
    /// </summary>
    [ToolFact("python3", NeedsRoot = true)]
    public void Stranger_does_not_become_the_agent()
    {
        using var guardian = _guardians.Start(_mountPoints, isFrozen: false);
        guardian.Arm(Long);
        foreach (var (user, message) in ((int, byte)[])[(65534, 5), (0, 2), (0, 4), (0, 5), (0, 7), (0, 12)])
        {
            var stranger = ProcessRun.Of(
                "python3",
                ["-c", $"{Python(user)}\ntry:\n s.connect('{Address}'); s.send(bytes([{message}, *[0] * 11])); print(s.recv(99))\nexcept OSError as e: print(type(e).__name__)"]);
            Assert.Contains(
                stranger.Output.TrimEnd(), user == 0 ? (string[])["b''", "ConnectionResetError", "BrokenPipeError"] : ["PermissionError"]);
        }

        // Nor has it thrown the agent off.
        guardian.Arm(Long);
        Assert.False(guardian.Ended.IsCompleted);
        Assert.Equal(0, guardian.Dismiss(Long));
    }

    [ToolFact("python3", NeedsRoot = true)]
    public void Stranger_does_not_become_the_guardian()
    {
        RuntimeDirectory.Make();
        File.Delete(Address);       // of a guardian that was killed, for a directory that had this one's inode
        foreach (var address in (string[])[Address, $"\\0{GuardianSettings.AbstractAddressFor(_scratch.Root)}"])
        {
            using var squatter = new RunningProcess(
            "python3",
            ["-c", $"{Python(0)}\ns.bind('{address}'); s.listen(); print('ready', flush=True)\nwhile True: s.accept()[0].send(bytes([3, *[0] * 11]))"]);
            squatter.AwaitOutput("ready");
            Assert.Null(_guardians.Find(out var isThere));
            Assert.False(isThere);

            // It is in nobody's way either.
            using (var guardian = _guardians.Start(_mountPoints, isFrozen: false))
                guardian.Arm(Long);
            Assert.Equal(0, _guardians.Find(out _)!.Dismiss(Long));
        }
    }

    /// <summary>We are a trusted agent here, with a mind of its own.</summary>
    [Fact]
    public void Messages_that_make_no_sense_change_nothing()
    {
        using (var guardian = _guardians.Start(_mountPoints, isFrozen: false))
            guardian.Arm(Long);
        using var agent = Reach();
        Assert.Equal(GuardianMessageKind.Armed, Hear(agent).Kind);
        foreach (var value in (long[])[-5, long.MinValue, long.MaxValue - 1, TimeSpan.FromDays(4000).Ticks])
            new GuardianMessage(GuardianMessageKind.Arm, value).Send(agent);
        new GuardianMessage((GuardianMessageKind)77, 1).Send(agent);
        new GuardianMessage(GuardianMessageKind.Marked, 1).Send(agent);
        _ = LibC.Write(agent, [1, 2, 3], out _);
        _ = LibC.Write(agent, new byte[500], out _);
        new GuardianMessage(GuardianMessageKind.Thaw, -1).Send(agent);
        Assert.Equal(new GuardianMessage(GuardianMessageKind.NotThawed, -1), Hear(agent));

        new GuardianMessage(GuardianMessageKind.Arm, long.MaxValue).Send(agent);
        Assert.Equal(new GuardianMessage(GuardianMessageKind.Armed, long.MaxValue), Hear(agent));
        new GuardianMessage(GuardianMessageKind.Dismiss).Send(agent);
        Assert.Equal(new GuardianMessage(GuardianMessageKind.Thawed, 0), Hear(agent));
    }

    [Fact]
    public async Task Guardian_whose_marker_is_gone_or_replaced_touches_nothing_at_its_deadline()
    {
        using var guardian = Guardians(Hook()).Start(_mountPoints, isFrozen: false);
        guardian.Arm(Long);
        _marker.Create();
        guardian.Mark(_marker);
        File.Delete(_marker.Path);
        var other = new FrozenMarker(_scratch.Root);
        other.Create();

        guardian.Arm(TimeSpan.Zero);

        Assert.Null(await guardian.Ended.WaitAsync(Long));
        Assert.False(other.IsLost);
        Assert.False(File.Exists(_scratch.PathOf("hook.calls")));
    }

    [Fact]
    public void Guardian_of_a_freeze_that_is_over_is_nobodys_guardian()
    {
        using (var guardian = _guardians.Start(_mountPoints, isFrozen: false))
        {
            guardian.Arm(Long);
            _marker.Create();
            guardian.Mark(_marker);
        }

        _marker.Remove();

        Assert.Null(_guardians.Find(out var isThere));
        Assert.False(isThere);
        Eventually.True(() => Processes().Count == 0);
    }

    [Fact]
    public void Guardian_that_does_not_answer_is_there_all_the_same_and_ended_once_there_is_another()
    {
        using (var guardian = _guardians.Start(_mountPoints, isFrozen: false))
            guardian.Arm(Long);
        var silent = Assert.Single(Processes());
        Signal.Stop.Send(silent);

        Assert.Null(_guardians.Find(out var isThere));
        Assert.True(isThere);
        using var next = _guardians.Start(_mountPoints, isFrozen: true);
        next.Arm(Long);
        Assert.Equal($"the freeze guardian {silent} could not be reached, and was ended", Assert.Single(_guardians.EndOthers(next)));
        Eventually.True(() => !Processes().Contains(silent));
        Assert.Equal(0, next.Dismiss(Long));
    }

    /// <summary>Whoever takes it for none gives the host the whole time again.</summary>
    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Guardian_that_listens_and_answers_late_is_found()
    {
        using (var guardian = _guardians.Start(_mountPoints, isFrozen: false))
            guardian.Arm(Long);
        var process = Assert.Single(Processes());
        Signal.Stop.Send(process);

        var found = Task.Factory.StartNew(() => _guardians.Find(out _), TaskCreationOptions.LongRunning);
        Assert.NotEqual(found, await Task.WhenAny(found, Task.Delay(TimeSpan.FromSeconds(3))));
        Signal.Continue.Send(process);

        using var late = await found.WaitAsync(Long);
        Assert.InRange(late!.Remaining!.Value, TimeSpan.Zero, Long);
        Assert.Equal(0, late.Dismiss(Long));
    }

    /// <summary>As one before the runtime directory was used, or where there is none.</summary>
    [Fact]
    public void Guardian_with_an_abstract_address_is_found_too()
    {
        var settings = new GuardianSettings([], GuardianSettings.AbstractAddressFor(_scratch.Root), _marker.Path, Hook: null, Long);
        using (var guardian = _guardians.Start([], settings))
            guardian.Arm(Long);

        Assert.Equal(0, _guardians.Find(out _)!.Dismiss(Long));
    }

    private string Address => GuardianSettings.PathFor(_scratch.Root);

    private static string Python(int user) => $"import os, socket; os.setuid({user}); s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)";

    private SafeFileHandle Reach()
    {
        Assert.Equal(Errno.Success, LibC.OpenConnection(GuardianListener.BytesOf(Address), out var agent, LibC.SOCK_SEQPACKET));
        return agent;
    }

    private static GuardianMessage Hear(SafeFileHandle agent)
    {
        GuardianMessage message = default;
        Eventually.True(() => GuardianMessage.TryReceive(agent, out message));
        return message;
    }

    /// <summary>That it has left nothing, a zombie neither.</summary>
    private static void AssertGone(int process) => Assert.False(Directory.Exists($"/proc/{process}"));

    private static string[] Stat(int process) => File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].Split(' ');

    private LinuxFreezeGuardians Guardians(string? hook = null, TimeSpan? hookLimit = null) =>
        new(PublishedAgent.Executable, _scratch.Root, hook, hookLimit ?? Long);

    private string Hook() => _scratch.WriteProgram("hook", DeadlineHook);

    /// <summary>The guardians for our state directory.</summary>
    private List<int> Processes() =>
    [
        .. from folder in Directory.GetDirectories("/proc")
           where char.IsAsciiDigit(folder[^1])
           let process = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)
           where IsGuardian(process)
           select process,
    ];

    private bool IsGuardian(int process) => Command(process).Contains(_marker.Path, StringComparison.Ordinal);

    private static string Command(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
