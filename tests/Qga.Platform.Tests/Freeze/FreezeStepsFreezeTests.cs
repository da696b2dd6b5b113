using Qga.Platform.Freeze;
using Qga.Platform.Logging;
using Qga.Platform.Native;
using Qga.Platform.Storage;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze;

/// <summary>The steps into a freeze: what is done in which order, and what ends it.</summary>
public sealed class FreezeStepsFreezeTests : FreezeStepsFixture
{
    [Fact]
    public void Prepare_looks_whether_it_can_be_done_and_then_runs_the_hook()
    {
        Guest.Mount("/");
        Steps().Prepare(Everything);
        Assert.Equal(["hook Freeze Request"], Guest.TakeEvents());
        Assert.Equal(["executing fsfreeze hook with arg 'freeze'"], Guest.Audited);
    }

    [Fact]
    public void Prepare_without_a_hook_touches_nothing()
    {
        Guest.Mount("/");
        Steps(hasHook: false).Prepare(Everything);
        Assert.Empty(Guest.Events);
        Assert.Empty(Guest.Audited);
    }

    [Fact]
    public void Prepare_calls_no_hook_where_there_is_no_safe_order()
    {
        Guest.Mount("/");
        Guest.Unsafe = new FreezeException("failed to freeze /: device dm-3 is suspended");

        Assert.Same(Guest.Unsafe, Assert.Throws<FreezeException>(() => Steps().Prepare(Everything)));
        Assert.Empty(Guest.Events);
    }

    [Fact]
    public void Prepare_calls_no_hook_where_a_name_may_be_any_of_several_mount_points()
    {
        Guest.Mount("/mnt/caf\udce9");
        Guest.Mount("/mnt/caf\udce8");

        Assert.StartsWith(
            "failed to freeze: mount point /mnt/caf\ufffd may be any of ",
            Assert.Throws<FreezeException>(() => Steps().Prepare(Named("/mnt/caf\ufffd"))).Message,
            StringComparison.Ordinal);
        Assert.Empty(Guest.Events);
    }

    [Fact]
    public void Prepare_ends_though_the_list_of_mount_points_hangs()
    {
        Guest.ListGate = Gate();

        Assert.Equal(
            "failed to freeze: the list of mount points: no answer within 8 s",
            Assert.Throws<FreezeException>(() => Overdue(FreezeSteps.FreezeLimit, () => Steps().Prepare(Everything))).Message);
        Assert.Empty(Guest.Events);
    }

    [Fact]
    public void Hook_that_can_not_even_be_started_in_time_is_taken_for_killed()
    {
        Guest.Mount("/");
        Guest.HookGate = Gate();
        var failure = Assert.Throws<FreezeHookException>(() => Overdue(TimeSpan.FromSeconds(68), () => Steps().Prepare(Everything)));

        Assert.Equal("failed to execute fsfreeze hook: no answer within 68 s", failure.Message);
        Assert.True(failure.WasKilled);
    }

    [Fact]
    public void Open_holds_every_mount_point_and_has_a_guardian_hold_it_too()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        Guest.Starting = guardian => guardian.Warnings = ["the freeze guardian can't lock its memory"];
        Steps().Open(Everything);

        Assert.Equal(["open /home", "open /", "guardian of /home /"], Guest.TakeEvents());
        Assert.False(Guest.Guardians[0].StartedFrozen);
        Assert.Equal(["the freeze guardian can't lock its memory"], Warnings());
    }

    [Fact]
    public void Open_looks_again_for_what_the_hook_has_mounted()
    {
        Guest.Mount("/");
        var steps = Steps();
        steps.Prepare(Everything);
        Guest.Mount("/backup");
        Guest.TakeEvents();

        steps.Open(Everything);

        Assert.Equal(["open /backup", "open /", "guardian of /backup /"], Guest.TakeEvents());
    }

    [Fact]
    public void Open_of_nothing_needs_no_guardian()
    {
        Guest.Mount("/");
        var steps = Steps(excluded: "/");
        steps.Open(Everything);
        Assert.Empty(Guest.Events);
        Assert.Null(steps.GuardianEnded);
    }

    [Theory]
    [InlineData(new string[0], "nothing is frozen: the list of mount points is empty")]
    [InlineData(new[] { "/nowhere" }, "/nowhere is not frozen: no filesystem on a block device goes by this mount point")]
    [InlineData(new[] { "/out" }, "/out is not frozen: fsfreeze-exclude keeps it out")]
    public void Open_warns_of_names_in_vain(string[] names, string warning)
    {
        Guest.Mount("/out");
        Steps(excluded: "/out").Open(Named(names));
        Assert.Equal([warning], Warnings());
        Assert.Empty(Guest.Events);
    }

    [Fact]
    public void Unreachable_mount_point_is_left_out_with_a_warning_that_names_it_and_its_device()
    {
        Guest.Mount("/");
        Guest.Mount("/lost").Unreachable = "another filesystem is mounted over it";
        Guest.Mount("/home");
        var steps = Steps();

        steps.Open(Everything);

        Assert.Equal(["/lost (ext4 on , 8:1) is unreachable and not frozen: another filesystem is mounted over it"], Warnings());
        Assert.Equal(2, steps.Freeze(Everything));
    }

    [Fact]
    public void Unreachable_mount_point_that_is_named_fails_the_freeze()
    {
        Guest.Mount("/");
        Guest.Mount("/lost").Unreachable = "another filesystem is mounted over it";

        Assert.Equal(
            "failed to open /lost: another filesystem is mounted over it",
            Assert.Throws<UnreachableMountPointException>(() => Steps().Open(Named("/", "/lost"))).Message);
        Assert.Empty(Guest.Guardians);
    }

    [Fact]
    public void Unreachable_mount_point_is_not_the_one_that_is_named_if_another_lies_over_it()
    {
        Guest.Mount("/data").Unreachable = "another filesystem is mounted over it";
        Guest.Mount("/data");
        var steps = Steps();

        steps.Open(Named("/data"));

        Assert.Equal(1, steps.Freeze(Named("/data")));
        Assert.True(Guest.Mounted[1].IsFrozen);
    }

    [Fact]
    public void Mount_point_that_can_not_be_opened_fails_the_freeze()
    {
        Guest.Mount("/").OpenError = Errno.EACCES;
        Assert.Equal("failed to open /: Permission denied", Assert.Throws<SystemCallException>(() => Steps().Open(Everything)).Message);
        Assert.Empty(Guest.Guardians);
    }

    [Fact]
    public void Mount_point_that_is_opened_too_late_is_closed_again()
    {
        var hung = Guest.Mount("/hung");
        var gate = hung.OpenGate = Gate();
        var steps = Steps();

        Assert.Equal(
            "failed to open /hung: no answer within 8 s",
            Assert.Throws<FreezeException>(() => Overdue(FreezeSteps.FreezeLimit, () => steps.Open(Everything))).Message);
        Assert.Equal(
            "failed to freeze /hung: an earlier open has not come back yet", Assert.Throws<FreezeException>(() => steps.Prepare(Everything)).Message);

        gate.Set();
        Eventually.True(() => hung.Closed == 1);
        Assert.Empty(Guest.Guardians);
    }

    [Fact]
    public void Freeze_without_a_guardian_is_refused()
    {
        Guest.Mount("/");
        Guest.GuardianFailure = new PlatformException("failed to start the freeze guardian: it does not get ready");
        Assert.Same(Guest.GuardianFailure, Assert.Throws<PlatformException>(() => Steps().Open(Everything)));
    }

    [Fact]
    public void Guardian_that_starts_too_late_is_left()
    {
        Guest.Mount("/");
        var gate = Guest.GuardianGate = Gate();
        Assert.Equal(
            "failed to freeze: the freeze guardian: no answer within 8 s",
            Assert.Throws<FreezeException>(() => Overdue(FreezeSteps.FreezeLimit, () => Steps().Open(Everything))).Message);

        gate.Set();
        Assert.Equal(["open /", "guardian of /", "leave guardian"], Guest.TakeEvents(upTo: "leave guardian"));
    }

    [Fact]
    public void Freeze_arms_the_guardian_first_and_freezes_one_after_the_other()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        var steps = Steps();
        steps.Open(Everything);
        Guest.TakeEvents();
        List<string> marked = [];
        Guest.Noted = text => marked.AddRange(File.Exists(Marker.Path) ? [text] : []);

        Assert.Equal(2, steps.Freeze(Everything));

        string[] unmarked = ["arm 900"];
        string[] events = ["mark", "hold log", "freeze /home", "freeze /", "end freezing"];
        Assert.Equal([.. unmarked, .. events], Guest.TakeEvents());
        Assert.Equal(events, marked);
        Assert.False(Marker.IsLost);
        Assert.Empty(Guest.Lines);
    }

    [Fact]
    public void Frozen_guest_tells_since_when_and_how_long_yet()
    {
        Guest.Mount("/");
        Clock.Pass(TimeSpan.FromHours(1));
        var since = Clock.GetUtcNow();
        var steps = Frozen();

        Clock.Pass(TimeSpan.FromSeconds(100));

        Assert.Equal(TimeSpan.FromSeconds(800), steps.Remaining);
        Assert.Equal(new FrozenSpan(since, since.AddSeconds(900)), steps.Span);
        Assert.Same(Guest.Guardians[0].Ended, steps.GuardianEnded);
    }

    [Fact]
    public void Guardian_that_can_not_be_armed_fails_the_freeze_before_anything_is_marked()
    {
        Guest.Mount("/");
        var failure = new PlatformException("failed to arm the freeze guardian: it has ended");
        Guest.Starting = guardian => guardian.ArmFailure = failure;
        var steps = Steps();
        steps.Open(Everything);

        Assert.Same(failure, Assert.Throws<PlatformException>(() => steps.Freeze(Everything)));
        Assert.Equal(["open /", "guardian of /"], Guest.TakeEvents());
        Assert.False(Marker.Exists());
    }

    [Fact]
    public void Guardian_that_can_not_be_shown_the_marker_fails_the_freeze_before_anything_is_frozen()
    {
        Guest.Mount("/");
        var failure = new PlatformException("failed to show the frozen marker to the freeze guardian");
        Guest.Starting = guardian => guardian.MarkFailure = failure;
        var steps = Steps();
        steps.Open(Everything);

        Assert.Same(failure, Assert.Throws<PlatformException>(() => steps.Freeze(Everything)));
        Assert.DoesNotContain("freeze /", Guest.Events);
        Assert.Equal(0, steps.Thaw().Count);
        Assert.False(Marker.Exists());
    }

    [Fact]
    public void Marker_that_can_not_be_written_is_a_warning_and_the_freeze_goes_on()
    {
        Guest.Mount("/");
        Directory.Delete(StateDirectory);
        var steps = Steps();
        steps.Open(Everything);

        Assert.Equal(1, steps.Freeze(Everything));

        Assert.Equal(
            [
                $"unable to open/create file {Marker.Path}: No such file or directory",
                $"unable to create {Marker.Path}, fsfreeze may not function properly",
            ],
            Warnings());
        Assert.True(steps.IsStillOurs());
    }

    [ToolFact("chattr", NeedsRoot = true)]
    public void Marker_of_an_earlier_freeze_that_can_not_be_replaced_fails_the_freeze()
    {
        Guest.Mount("/");
        File.WriteAllText(Marker.Path, "");
        Assert.Equal(0, ProcessRun.Of("chattr", ["+i", Marker.Path]).ExitCode);
        try
        {
            var steps = Steps();
            steps.Open(Everything);

            Assert.StartsWith(
                $"failed to freeze: unable to replace {Marker.Path}, which an earlier freeze has left: ",
                Assert.Throws<SystemCallException>(() => steps.Freeze(Everything)).Message,
                StringComparison.Ordinal);
            Assert.DoesNotContain("freeze /", Guest.Events);
        }
        finally
        {
            Assert.Equal(0, ProcessRun.Of("chattr", ["-i", Marker.Path]).ExitCode);
        }
    }

    [HangingFileSystemFact]
    public void Marker_whose_directory_hangs_fails_the_freeze()
    {
        using var directory = new HangingFileSystem();
        Directory.Delete(StateDirectory);
        Directory.CreateSymbolicLink(StateDirectory, directory.PathOf("unknown"));
        Guest.Mount("/");
        var steps = Steps();
        steps.Open(Everything);
        directory.Hang();

        var failure = Assert.Throws<FreezeException>(
            () => Overdue(FreezeSteps.FreezeLimit, () => steps.Freeze(Everything), () => HangingFileSystem.Askers > 0));

        Assert.Equal($"unable to create {Marker.Path}: no answer within 8 s", failure.Message);
        Assert.DoesNotContain("freeze /", Guest.Events);
    }

    [Fact]
    public void Log_that_can_not_be_held_fails_the_freeze_and_goes_on_after_it()
    {
        Guest.Mount("/");
        Guest.LogIsStuck = true;
        var steps = Steps();
        steps.Open(Everything);

        Assert.Equal(
            "failed to freeze: the agent's log has not come to rest within 8 s", Assert.Throws<FreezeException>(() => steps.Freeze(Everything)).Message);
        Assert.DoesNotContain("freeze /", Guest.TakeEvents());

        Assert.Equal(0, steps.Thaw().Count);
        Assert.Equal(["dismiss", "leave guardian", "close /", "release log"], Guest.TakeEvents());
        Assert.False(Marker.Exists());
    }

    [Theory]
    [InlineData("/", "/, /home")]
    [InlineData("/home", "/home")]
    public void Timeout_that_passes_on_the_way_fails_the_freeze(string slow, string frozen)
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        Guest.Mounted.Single(fileSystem => fileSystem.MountPoint.Path == slow).Freezing = () => Clock.Pass(TimeSpan.FromSeconds(5));
        var request = new FreezeRequest(MountPoints: null, TimeSpan.FromSeconds(5));
        var steps = Steps();
        steps.Open(request);

        Assert.Equal(
            "failed to freeze: the timeout of 5 s has passed on the way", Assert.Throws<FreezeException>(() => steps.Freeze(request)).Message);
        Assert.Equal(frozen, string.Join(", ", steps.Thaw().Thawed));
    }

    [Fact]
    public void Freeze_of_nothing_leaves_the_frozen_state_and_what_others_froze()
    {
        var foreign = Guest.Mount("/");
        foreign.FreezeFromOutside();
        var steps = Steps();
        steps.Open(Everything);
        Guest.TakeEvents();

        Assert.Equal(0, steps.Freeze(Everything));

        Assert.Equal(["arm 900", "mark", "hold log", "end freezing", "disarm", "leave guardian", "close /", "release log"], Guest.TakeEvents());
        Assert.True(foreign.IsFrozen);
        Assert.False(Marker.Exists());
        Assert.Null(steps.Remaining);
        Assert.Null(steps.GuardianEnded);
        Assert.Empty(Guest.Lines);
    }

    [Fact]
    public void Mount_point_that_is_named_and_can_not_be_frozen_is_worth_a_warning()
    {
        Guest.Mount("/boot/efi").FreezeFromOutside();
        Guest.Mount("/");
        var steps = Steps();
        steps.Open(Named("/", "/boot/efi"));

        Assert.Equal(1, steps.Freeze(Named("/", "/boot/efi")));

        Assert.Equal(["/boot/efi is not frozen: it can't be, or is so already by somebody else"], Warnings());
    }

    [Fact]
    public void Filesystem_that_fails_to_freeze_fails_the_freeze_and_the_thaw_undoes_the_rest()
    {
        Guest.Mount("/").FreezeError = Errno.EIO;
        Guest.Mount("/home");
        var steps = Steps();
        steps.Open(Everything);

        Assert.Equal("failed to freeze /: Input/output error", Assert.Throws<SystemCallException>(() => steps.Freeze(Everything)).Message);
        Assert.Equal(["/home"], steps.Thaw().Thawed);
        Assert.Empty(Warnings());
    }

    [Fact]
    public void Mount_that_hangs_on_freeze_has_a_guardian_of_its_own_and_is_thawed_when_it_comes_back()
    {
        var hung = Guest.Mount("/hung");
        var gate = hung.FreezeGate = Gate();
        Guest.Mount("/home");
        var steps = Steps();
        steps.Open(Everything);

        Assert.Equal(
            "failed to freeze /hung: no answer within 8 s",
            Assert.Throws<FreezeException>(() => Overdue(FreezeSteps.FreezeLimit, () => steps.Freeze(Everything))).Message);
        Assert.Equal("guardian of late /hung", Guest.TakeEvents()[^1]);

        // Nobody joins the call that hangs.
        var report = steps.Thaw();
        Assert.Equal(["/home"], report.Thawed);
        Assert.Equal(["failed to thaw /hung: an earlier freeze has not come back yet"], report.Skipped);
        Assert.Equal(["thaw /home", "dismiss", "leave guardian", "close /home", "release log"], Guest.TakeEvents());
        Assert.Equal(
            "failed to freeze /hung: an earlier freeze has not come back yet", Assert.Throws<FreezeException>(() => steps.Prepare(Everything)).Message);
        steps.Prepare(Named("/home"));
        Guest.TakeEvents();

        gate.Set();
        Assert.Equal(["freeze /hung", "thaw /hung", "leave late guardian", "close /hung"], Guest.TakeEvents(upTo: "close /hung"));
        Eventually.True(() => Workers.Stuck == 0 && CanBePrepared(steps));
    }

    [Fact]
    public void Mount_that_hangs_on_freeze_and_fails_after_all_is_not_thawed()
    {
        var hung = Guest.Mount("/hung");
        var gate = hung.FreezeGate = Gate();
        hung.FreezeError = Errno.EIO;
        var steps = Steps();
        steps.Open(Everything);
        Assert.Throws<FreezeException>(() => Overdue(FreezeSteps.FreezeLimit, () => steps.Freeze(Everything)));
        Guest.TakeEvents();

        gate.Set();

        Assert.Equal(["leave late guardian", "close /hung"], Guest.TakeEvents(upTo: "close /hung"));
    }

    [Fact]
    public void Late_freeze_that_nobody_guards_is_told_and_thawed_all_the_same()
    {
        var hung = Guest.Mount("/hung");
        var gate = hung.FreezeGate = Gate();
        Guest.StartingLate = () => throw new PlatformException("failed to start the freeze guardian: it does not get ready");
        var steps = Steps();
        steps.Open(Everything);
        Assert.Equal(
            "failed to freeze /hung: no answer within 8 s",
            Assert.Throws<FreezeException>(() => Overdue(FreezeSteps.FreezeLimit, () => steps.Freeze(Everything))).Message);
        Assert.Equal(
            ["if the agent ends now, /hung may stay frozen: failed to start the freeze guardian: it does not get ready"], LinesOf(LogLevel.Critical));
        Guest.TakeEvents();

        gate.Set();

        Assert.Equal(["freeze /hung", "thaw /hung", "close /hung"], Guest.TakeEvents(upTo: "close /hung"));
    }

    /// <summary>What the guardian gets in its hands would be another file by then.</summary>
    [Fact]
    public void Mount_that_comes_back_while_its_guardian_starts_stays_open_until_that_has_started()
    {
        var hung = Guest.Mount("/hung");
        var gate = hung.FreezeGate = Gate();
        var steps = Steps();
        steps.Open(Everything);
        var closed = -1;
        Guest.StartingLate = () =>
        {
            GivenUp.Wait(Eventually.Patience);
            gate.Set();
            Eventually.True(() => CanBePrepared(steps), "the freeze has come back");
            closed = hung.Closed;
        };

        Assert.Throws<FreezeException>(() => Overdue(FreezeSteps.FreezeLimit, () => steps.Freeze(Everything)));

        Assert.Equal(0, closed);
        Assert.Equal(["guardian of late /hung", "leave late guardian", "close /hung"], Guest.TakeEvents(upTo: "close /hung").TakeLast(3));
    }

    private static bool CanBePrepared(FreezeSteps steps)
    {
        try
        {
            steps.Prepare(Everything);
            return true;
        }
        catch (FreezeException)
        {
            return false;
        }
    }
}
