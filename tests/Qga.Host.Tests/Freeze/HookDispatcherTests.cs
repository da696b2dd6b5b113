using Qga.Platform.Freeze;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>The shipped dispatcher, run as the agent runs it, with hooks that note their calls.</summary>
public sealed class HookDispatcherTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly string _dispatcher;

    public HookDispatcherTests()
    {
        Directory.CreateDirectory(_scratch.PathOf("hooks"));
        _dispatcher = _scratch.WriteProgram("dispatcher", $"""
            #!/bin/sh
            export FSFREEZE_HOOK_DIR={_scratch.PathOf("hooks")} FSFREEZE_HOOK_RECORD={Record}
            exec {Repository.PathOf("config/fsfreeze-hook")} "$@"

            """);
    }

    private string Record => _scratch.PathOf("record");

    private string Calls => string.Join(", ", File.Exists(_scratch.PathOf("calls")) ? File.ReadAllLines(_scratch.PathOf("calls")) : []);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Hooks_freeze_in_the_order_of_their_names_and_thaw_in_reverse()
    {
        AddHook("30-c");
        AddHook("10-a");
        AddHook("20 b");

        Freeze();
        Thaw(FreezeHookReason.Request);

        Assert.Equal(
            "10-a freeze request, 20 b freeze request, 30-c freeze request, 30-c thaw request, 20 b thaw request, 10-a thaw request", Calls);
        Assert.False(Directory.Exists(Record));
    }

    [Fact]
    public void Guest_without_hooks_is_frozen_all_the_same()
    {
        Freeze();
        Thaw(FreezeHookReason.Request);

        Directory.Delete(_scratch.PathOf("hooks"));

        Freeze();
        Thaw(FreezeHookReason.Failure);
    }

    [Fact]
    public void What_package_tools_and_editors_leave_behind_is_no_hook()
    {
        string[] suffixes =
        [
            "~", ".bak", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".sample", ".dpkg-whatever",
            ".dpkg-old", ".dpkg-new", ".dpkg-tmp", ".dpkg-dist", ".dpkg-bak", ".dpkg-backup", ".dpkg-remove",
        ];
        foreach (var suffix in suffixes)
            AddHook($"hook{suffix}");
        _scratch.Write("hooks/not-executable", "#!/bin/sh\nexit 1\n");
        Directory.CreateDirectory(_scratch.PathOf("hooks/directory"));
        AddHook("hook.sh");

        Freeze();

        Assert.Equal("hook.sh freeze request", Calls);
    }

    [Fact]
    public void Hook_that_fails_to_freeze_is_named_and_those_before_it_are_thawed_in_reverse()
    {
        AddHook("10-a");
        AddHook("20-b");
        AddHook("30-c", "echo no room >&2; exit 3");
        AddHook("40-d");

        var failure = Assert.Throws<FreezeHookException>(Freeze);

        Assert.EndsWith(
            "30-c: freeze\nno room\n30-c: freeze failed with status 3\n20-b: thaw\n10-a: thaw\n", failure.Message, StringComparison.Ordinal);
        Assert.Equal(
            "10-a freeze request, 20-b freeze request, 30-c freeze request, 20-b thaw failure, 10-a thaw failure", Calls);
        Assert.False(Directory.Exists(Record));
    }

    [Fact]
    public void Hook_that_a_signal_ends_is_thawed_too()
    {
        AddHook("10-a");
        AddHook("20-b", "[ $1 = thaw ] || kill -KILL $$");

        Assert.Contains("20-b: freeze failed with status 137\n", Assert.Throws<FreezeHookException>(Freeze).Message, StringComparison.Ordinal);

        Assert.Equal("10-a freeze request, 20-b freeze request, 20-b thaw failure, 10-a thaw failure", Calls);
    }

    [Fact]
    public void All_are_thawed_even_if_some_fail_which_are_named()
    {
        AddHook("10-a");
        AddHook("20-b", "[ $1 = freeze ] || exit 4");
        AddHook("30-c", "[ $1 = freeze ] || exit 5");
        Freeze();

        var failure = Assert.Throws<FreezeHookException>(() => Thaw(FreezeHookReason.Deadline));

        Assert.EndsWith(
            "30-c: thaw\n30-c: thaw failed with status 5\n20-b: thaw\n20-b: thaw failed with status 4\n10-a: thaw\nthaw failed: 30-c 20-b\n",
            failure.Message,
            StringComparison.Ordinal);
        Assert.EndsWith("30-c thaw deadline, 20-b thaw deadline, 10-a thaw deadline", Calls, StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_freeze_that_was_cut_short_those_that_had_begun_are_thawed()
    {
        AddHook("10-a");
        AddHook("20-b", "[ $1 = thaw ] || sleep 1000");
        AddHook("30-c");

        var failure = Assert.Throws<FreezeHookException>(
            () => new FreezeHook(_dispatcher, TimeSpan.FromSeconds(2)).Run(FreezeHookAction.Freeze, FreezeHookReason.Request));
        Assert.EndsWith("was ended: 10-a: freeze\n20-b: freeze\n", failure.Message, StringComparison.Ordinal);
        Thaw(FreezeHookReason.Failure);

        Assert.Equal("10-a freeze request, 20-b freeze request, 20-b thaw failure, 10-a thaw failure", Calls);
        Assert.False(Directory.Exists(Record));
    }

    [Fact]
    public void After_a_freeze_of_the_filesystems_that_failed_all_are_thawed()
    {
        AddHook("10-a");
        AddHook("20-b");
        Freeze();

        Thaw(FreezeHookReason.Failure);

        Assert.EndsWith("20-b thaw failure, 10-a thaw failure", Calls, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_other_thaw_thaws_all_whatever_had_begun()
    {
        AddHook("10-a", "exit 0");
        AddHook("20-b");
        Directory.CreateDirectory(Record, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _scratch.Write("record/begun", "10-a\n");

        Thaw(FreezeHookReason.Request);

        Assert.Equal("20-b thaw request, 10-a thaw request", Calls);
    }

    [Fact]
    public void Record_in_a_place_that_others_control_is_refused_before_anything_is_frozen()
    {
        AddHook("10-a");
        var elsewhere = Directory.CreateDirectory(_scratch.PathOf("elsewhere"));
        Directory.CreateSymbolicLink(Record, elsewhere.FullName);
        AssertRefused();

        Directory.Delete(Record);
        Directory.CreateDirectory(Record).UnixFileMode = (UnixFileMode)Convert.ToInt32("777", 8);
        AssertRefused();

        Assert.Equal("", Calls);
        Assert.Empty(elsewhere.GetFileSystemInfos());
    }

    [Fact]
    public void Anything_but_freeze_and_thaw_is_refused()
    {
        AddHook("10-a");

        Assert.Equal(2, ProcessRun.Of(_dispatcher, ["status"]).ExitCode);
        Assert.Equal(2, ProcessRun.Of(_dispatcher, []).ExitCode);

        Assert.Equal("", Calls);
    }

    private void AddHook(string name, string does = "exit 0") => _scratch.WriteProgram(
        $"hooks/{name}", $"#!/bin/sh\necho \"{name} $1 $QGA_HOOK_REASON\" >> {_scratch.PathOf("calls")}\n{does}\n");

    private void Freeze() => Run(FreezeHookAction.Freeze, FreezeHookReason.Request);

    private void Thaw(FreezeHookReason reason) => Run(FreezeHookAction.Thaw, reason);

    private void Run(FreezeHookAction action, FreezeHookReason reason) => new FreezeHook(_dispatcher, Eventually.Patience).Run(action, reason);

    private void AssertRefused() => Assert.EndsWith(
        $": can not keep a record in {Record}\n", Assert.Throws<FreezeHookException>(Freeze).Message, StringComparison.Ordinal);
}
