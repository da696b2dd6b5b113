using System.Globalization;
using System.Runtime.Versioning;
using Qga.Platform;
using Qga.Platform.Freeze;
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

        _mountPoints.ForEach(mountPoint => mountPoint.Dispose());
        Directory.Delete(_memory, recursive: true);
        _scratch.Dispose();
    }

    [Fact]
    public void Guardian_has_a_session_of_its_own_and_only_what_it_needs_in_its_hands()
    {
        using var guardian = _guardians.Start(_mountPoints);

        var process = Assert.Single(Processes());
        Assert.Equal($"{process}", Stat(process)[3]);
        Assert.Equal("/", new FileInfo($"/proc/{process}/cwd").LinkTarget);
        var hands = Directory.GetFileSystemEntries($"/proc/{process}/fd")
            .ToDictionary(entry => int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture), entry => new FileInfo(entry).LinkTarget!);
        Assert.Equal(Enumerable.Repeat("/dev/null", 3), Enumerable.Range(0, 3).Select(number => hands[number]));
        Assert.StartsWith("socket:", hands[3], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 20).Select(number => $"{_memory}/{number}"), Enumerable.Range(4, 20).Select(number => hands[number]));
        Assert.Equal(
            [$"/proc/{process}/oom_score_adj", "pipe", "pipe", "pipe", "pipe", "socket", "timer"],
            hands.Where(hand => hand.Key >= 24).Select(hand => hand.Value.Replace("anon_inode:[timerfd]", "timer", StringComparison.Ordinal).Split(":[")[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Guardian_tells_what_it_lacks()
    {
        using var guardian = _guardians.Start(_mountPoints);

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
        var guardian = Guardians(Hook()).Start(_mountPoints);
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
        using var guardian = Guardians(Hook()).Start(_mountPoints);
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
        using (var guardian = _guardians.Start(_mountPoints))
        {
            Assert.Null(_guardians.Find());
            guardian.Arm(Long);
            Assert.InRange(guardian.Remaining!.Value, Long / 2, Long);
        }

        using (var guardian = _guardians.Find()!)
            Assert.InRange(guardian.Remaining!.Value, TimeSpan.FromTicks(1), Long);

        using var again = _guardians.Find()!;
        again.Arm(null);
        Assert.Null(again.Remaining);
        Assert.Equal(0, again.Dismiss(Long));
        Assert.Null(_guardians.Find());
    }

    [Fact]
    public void Guardian_without_a_deadline_says_so()
    {
        using (var guardian = _guardians.Start(_mountPoints))
            guardian.Arm(null);

        using var found = _guardians.Find()!;
        Assert.Null(found.Remaining);
        Assert.Equal(0, found.Dismiss(Long));
    }

    [Fact]
    public async Task New_agent_takes_the_place_of_one_that_is_still_ending()
    {
        using var old = _guardians.Start(_mountPoints);
        old.Arm(Long);
        using var found = _guardians.Find()!;

        Assert.Equal(0, found.Dismiss(Long));
        await old.Ended.WaitAsync(Long);
    }

    [Fact]
    public async Task Guardian_whose_agent_has_gone_does_at_the_deadline_what_belongs_to_a_thaw()
    {
        _marker.Create();
        var guardian = Guardians(Hook()).Start(_mountPoints);
        guardian.Arm(Soon);
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
        _marker.Create();
        using var guardian = Guardians(Hook()).Start(_mountPoints);
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
        using var guardian = Guardians(Hook()).Start(_mountPoints);
        guardian.Arm(TimeSpan.Zero);

        Assert.Equal(0, await guardian.Ended.WaitAsync(Long));
        Assert.False(File.Exists(_scratch.PathOf("hook.calls")));
    }

    [Fact]
    public async Task Hook_runs_without_a_marker_too_if_there_is_no_agent()
    {
        var guardian = Guardians(Hook()).Start(_mountPoints);
        guardian.Arm(TimeSpan.Zero);
        guardian.Dispose();

        await guardian.Ended.WaitAsync(Long);
        Assert.True(File.Exists(_scratch.PathOf("hook.calls")));
    }

    [Fact]
    public async Task Hook_that_fails_or_hangs_does_not_keep_the_guardian()
    {
        var hook = _scratch.Write("hook", "#!/bin/sh\nexec sleep 1000\n");
        File.SetUnixFileMode(hook, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var guardian = Guardians(hook, TimeSpan.FromMilliseconds(100)).Start(_mountPoints);
        guardian.Arm(TimeSpan.Zero);
        guardian.Dispose();

        await guardian.Ended.WaitAsync(Long);
    }

    [Fact]
    public async Task Killed_guardian_is_missed()
    {
        using var guardian = _guardians.Start(_mountPoints);
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
        using var guardian = _guardians.Start(_mountPoints);
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
        using var guardian = _guardians.Start(_mountPoints);
        guardian.Arm(Long);
        Signal.Stop.Send(Assert.Single(Processes()));

        Assert.Null(guardian.TryThaw(_mountPoints[0].MountPoint));
        Assert.Contains("Connection timed out", Assert.Throws<PlatformException>(() => guardian.Arm(Long)).Message, StringComparison.Ordinal);
        Assert.Null(guardian.Dismiss(TimeSpan.Zero));
    }

    [Fact]
    public void Second_guardian_of_a_state_directory_can_not_be_found_and_says_so()
    {
        using var first = _guardians.Start(_mountPoints);
        using var second = _guardians.Start(_mountPoints);

        Assert.Contains("the freeze guardian can't be found by a restarted agent: another process has its address", second.Warnings);
        second.Arm(Long);
        Assert.Null(_guardians.Find());
        Assert.Equal(0, second.Dismiss(Long));
        Assert.Equal(0, first.Dismiss(Long));
    }

    [Fact]
    public void Guardian_is_found_by_its_state_directory_whatever_the_path()
    {
        File.CreateSymbolicLink(_scratch.PathOf("link"), _scratch.Root);
        using (var guardian = _guardians.Start(_mountPoints))
            guardian.Arm(Long);

        Assert.Null(new LinuxFreezeGuardians("/nowhere", null, Long).Find());
        Assert.Equal(0, new LinuxFreezeGuardians(_scratch.PathOf("link"), null, Long).Find()!.Dismiss(Long));
    }

    [ToolFact("python3", NeedsRoot = true)]
    public void Neither_does_a_stranger_become_the_agent_nor_the_guardian()
    {
        var address = $"\\0{GuardianSettings.AddressFor(_scratch.Root)}";
        const string Socket = "import os, socket; os.setuid(65534); s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n";
        using (var guardian = _guardians.Start(_mountPoints))
        {
            guardian.Arm(Long);
            var stranger = ProcessRun.Of("python3", ["-c", $"{Socket}s.connect('{address}'); print(s.recv(99))"]);
            Assert.Equal("b''\n", stranger.Output);
            Assert.Equal(0, guardian.Dismiss(Long));
        }

        using var squatter = new RunningProcess(
            "python3",
            ["-c", $"{Socket}s.bind('{address}'); s.listen(); print('ready', flush=True)\nwhile True: s.accept()[0].send(bytes([3, *[0] * 11]))"]);
        squatter.AwaitOutput("ready");
        Assert.Null(_guardians.Find());
        using var guarded = _guardians.Start(_mountPoints);
        Assert.NotEmpty(guarded.Warnings);
        Assert.Equal(0, guarded.Dismiss(Long));
    }

    /// <summary>That it has left nothing, a zombie neither.</summary>
    private static void AssertGone(int process) => Assert.False(Directory.Exists($"/proc/{process}"));

    private static string[] Stat(int process) => File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].Split(' ');

    private LinuxFreezeGuardians Guardians(string? hook = null, TimeSpan? hookLimit = null) =>
        new(PublishedAgent.Executable, _scratch.Root, hook, hookLimit ?? Long);

    private string Hook()
    {
        var path = _scratch.Write("hook", DeadlineHook);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

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
