using Qga.Platform.Freeze;
using Qga.Platform.Native;
using Qga.Platform.State;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze;

/// <summary>The step out of a freeze: it always ends, and thaws whatever it can.</summary>
public sealed class FreezeStepsThawTests : FreezeStepsFixture
{
    [Fact]
    public void Thaw_goes_the_opposite_way_and_leaves_nothing_of_the_freeze()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        var steps = Frozen();
        List<string> marked = [];
        Guest.Noted = text => marked.AddRange(File.Exists(Marker.Path) ? [text] : []);

        var report = steps.Thaw();

        string[] events = ["thaw /", "thaw /home", "dismiss", "leave guardian", "close /home", "close /", "release log"];
        Assert.Equal(events, Guest.TakeEvents());
        Assert.Equal(events, marked);
        Assert.False(Marker.Exists());
        Assert.Equal(["/", "/home"], report.Thawed);
        Assert.Equal(2, report.Count);
        Assert.Null(report.Failure);
        Assert.Equal(["guest-fsthaw called"], Guest.Audited);
        Assert.Null(steps.Remaining);
        Assert.Null(steps.GuardianEnded);
        Assert.Empty(Guest.Lines);

        steps.RunHook(FreezeHookAction.Thaw, FreezeHookReason.Request);
        Assert.Equal(["hook Thaw Request"], Guest.TakeEvents());
        Assert.Equal("executing fsfreeze hook with arg 'thaw'", Guest.Audited.Last());
    }

    [Fact]
    public void Thaw_without_a_freeze_frees_what_others_froze_and_leaves_their_marker()
    {
        Guest.Mount("/").FreezeFromOutside();
        Guest.Mount("/home");
        File.WriteAllText(Marker.Path, "");

        Assert.Equal(["/"], Steps().Thaw().Thawed);

        Assert.True(Marker.Exists());
        Assert.Empty(Guest.Lines);
        Assert.Equal(["open /", "thaw /", "close /", "open /home", "close /home", "release log"], Guest.TakeEvents());
    }

    [Fact]
    public void Thaw_frees_what_is_kept_out_of_freezes()
    {
        Guest.Mount("/out").FreezeFromOutside();
        Assert.Equal(["/out"], Steps(excluded: "/out").Thaw().Thawed);
    }

    [Fact]
    public void Foreign_freeze_that_can_not_be_reached_is_not_ours_to_thaw()
    {
        Guest.Mount("/").FreezeFromOutside();
        Guest.Mount("/lost").OpenError = Errno.EACCES;

        var report = Steps().Thaw();

        Assert.Equal(["/"], report.Thawed);
        Assert.Empty(report.Skipped);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void What_the_guardian_holds_it_thaws(bool wasFrozen, bool isCounted)
    {
        Guest.Mount("/");
        var steps = Frozen();
        Guest.Guardians[0].Thawing = _ => wasFrozen;

        Assert.Equal(isCounted ? ["/"] : [], steps.Thaw().Thawed);

        Assert.DoesNotContain("thaw /", Guest.Events);
    }

    [Fact]
    public void Guardian_thaws_what_it_holds_and_the_agent_does_not()
    {
        Guest.Mount("/later");
        var steps = Steps(startsFrozen: true, leftBehind: new FakeGuardian(Guest) { Thawing = mountPoint => mountPoint.Path == "/later" });
        steps.TakeOver();

        Assert.Equal(["/later"], steps.Thaw().Thawed);

        Assert.DoesNotContain("open /later", Guest.Events);
    }

    [Fact]
    public void What_the_guardian_finds_frozen_at_its_end_counts_and_nobody_is_blamed()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        var steps = Frozen();
        Guest.Guardians[0].ThawsAtEnd = 1;
        Guest.Mounted[1].TryThaw();

        var report = steps.Thaw();

        Assert.Equal((1, 2), (report.ThawedByGuardian, report.Count));
        Assert.Empty(Guest.Lines);
    }

    [Fact]
    public void Guardian_that_does_not_end_in_time_has_thawed_nothing()
    {
        Guest.Mount("/");
        var steps = Frozen();
        Guest.Guardians[0].ThawsAtEnd = null;

        Assert.Equal(1, steps.Thaw().Count);
        Assert.Equal(["thaw /", "dismiss", "leave guardian", "close /", "release log"], Guest.TakeEvents());
    }

    [Fact]
    public void What_somebody_else_has_thawed_is_named()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        Guest.Mount("/srv");
        var steps = Frozen();
        Guest.Mounted[1].TryThaw();
        Guest.Mounted[2].TryThaw();

        Assert.Equal(["/"], steps.Thaw().Thawed);

        Assert.Equal(["not frozen any more, so somebody else has thawed it: /srv, /home"], Warnings());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Marker_that_is_lost_is_a_warning_and_that_of_another_freeze_stays(bool isReplaced)
    {
        Guest.Mount("/");
        var steps = Frozen();
        File.Delete(Marker.Path);
        var other = new FrozenMarker(StateDirectory);
        if (isReplaced)
            other.Create();

        steps.Thaw();

        Assert.Equal([$"{Marker.Path} is gone, or that of another freeze: somebody else has thawed the guest"], Warnings());
        Assert.Equal(isReplaced, other.Exists());
    }

    [Fact]
    public void Marker_that_could_never_be_written_is_told_again_when_it_is_to_go()
    {
        Guest.Mount("/");
        Directory.Delete(StateDirectory);
        var steps = Frozen();
        Guest.Lines.Clear();

        steps.Thaw();

        Assert.Equal(
            [
                $"unable to delete file: {Marker.Path}: No such file or directory",
                $"unable to delete {Marker.Path}, fsfreeze may not function properly",
            ],
            Warnings());
        Guest.Lines.Clear();
        steps.Thaw();
        Assert.Empty(Guest.Lines);
    }

    [Fact]
    public void Mount_that_hangs_on_thaw_is_skipped_and_let_go_when_it_comes_back()
    {
        Guest.Mount("/a");
        var hung = Guest.Mount("/hung");
        Guest.Mount("/b");
        var steps = Frozen();
        var gate = hung.ThawGate = Gate();

        var report = Overdue(FreezeSteps.ThawLimit, steps.Thaw);

        Assert.Equal(["/a", "/b"], report.Thawed);
        Assert.Equal(["failed to thaw /hung: no answer within 2 s"], report.Skipped);
        Assert.Equal(report.Skipped, Warnings());
        Assert.Equal(["thaw /a", "thaw /b", "dismiss", "leave guardian", "close /b", "close /a", "release log"], Guest.TakeEvents());
        Assert.Equal(["failed to thaw /hung: an earlier thaw has not come back yet"], steps.Thaw().Skipped);
        Guest.TakeEvents();

        gate.Set();
        Assert.Equal(["thaw /hung", "close /hung"], Guest.TakeEvents(upTo: "close /hung"));
    }

    [Fact]
    public void Foreign_mount_that_hangs_on_thaw_is_skipped()
    {
        Guest.Mount("/a").FreezeFromOutside();
        var hung = Guest.Mount("/hung");
        hung.OpenGate = Gate();
        var steps = Steps();

        var report = Overdue(FreezeSteps.ThawLimit, steps.Thaw);

        Assert.Equal(["/a"], report.Thawed);
        Assert.Equal(["failed to thaw /hung: no answer within 2 s"], report.Skipped);
    }

    [Fact]
    public void List_that_can_not_be_had_leaves_what_we_froze_ourselves()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        Guest.Mount("/foreign");
        var steps = Steps(excluded: "/foreign");
        steps.Open(Everything);
        steps.Freeze(Everything);
        Guest.Mounted[2].FreezeFromOutside();
        Guest.ListFailure = new PlatformException("failed to open mtab file: '/proc/self/mounts'");

        var report = steps.Thaw();

        Assert.Equal(["/", "/home"], report.Thawed);
        Assert.Same(Guest.ListFailure, report.Failure);
        Assert.False(Marker.Exists());
    }

    [Fact]
    public void List_that_hangs_leaves_what_we_froze_ourselves()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        var steps = Frozen();
        Guest.ListGate = Gate();

        var report = Overdue(FreezeSteps.ThawLimit, steps.Thaw);

        Assert.Equal(["/", "/home"], report.Thawed);
        Assert.Equal("failed to list the mount points: no answer within 2 s", Assert.IsType<FreezeException>(report.Failure).Message);
    }

    [Fact]
    public void Thaw_needs_no_safe_order()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        var steps = Frozen();
        Guest.Unsafe = new FreezeException("failed to freeze /: device dm-3 is suspended");

        var report = steps.Thaw();

        Assert.Equal(["/", "/home"], report.Thawed);
        Assert.Null(report.Failure);
    }

    [Fact]
    public void What_was_unmounted_lazily_is_thawed_last_in_the_opposite_order()
    {
        Guest.Mount("/");
        Guest.Mount("/a");
        Guest.Mount("/b");
        var steps = Frozen();
        Guest.Mounted.RemoveRange(1, 2);

        Assert.Equal(["/", "/a", "/b"], steps.Thaw().Thawed);
        Assert.Empty(Guest.Lines);
    }

    [Fact]
    public void What_was_moved_is_thawed_by_what_we_hold_of_it()
    {
        var home = Guest.Mount("/home");
        var steps = Frozen();
        Guest.Mounted[0] = new FakeFileSystem(Guest, home.MountPoint with { Path = "/moved" });

        Assert.Equal(["/moved"], steps.Thaw().Thawed);

        Assert.False(home.IsFrozen);
        Assert.Empty(Guest.Lines);
    }

    [Fact]
    public void Thaw_ends_though_the_log_does_not_go_on()
    {
        Guest.Mount("/");
        var steps = Frozen();
        Guest.ReleaseGate = Gate();

        Assert.Equal(1, Overdue(FreezeSteps.ThawLimit, steps.Thaw).Count);

        Assert.False(Marker.Exists());
        Assert.DoesNotContain("release log", Guest.Events);
    }

    [HangingFileSystemFact]
    public void Thaw_ends_though_the_directory_of_the_marker_hangs()
    {
        using var directory = new HangingFileSystem();
        Guest.Mount("/");
        var steps = Frozen();
        HangStateDirectory(directory);

        Assert.Equal(1, Overdue(FreezeSteps.ThawLimit, steps.Thaw, () => HangingFileSystem.Askers > 0).Count);

        Assert.Equal([$"unable to delete {Marker.Path}: no answer within 2 s"], Warnings());
    }

    [Fact]
    public void Guest_can_be_frozen_again_after_a_thaw()
    {
        Guest.Mount("/");
        var steps = Frozen();
        steps.Thaw();
        Clock.Pass(TimeSpan.FromHours(1));

        steps.Open(Everything);
        Assert.Equal(1, steps.Freeze(Everything));

        Assert.Equal(Everything.Timeout, steps.Remaining);
        Assert.True(steps.IsStillOurs());
        Assert.Equal(["/"], steps.Thaw().Thawed);
        Assert.Equal(2, Guest.Mounted[0].Closed);
    }
}
