using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Native;

namespace Qga.Platform.Tests.Freeze;

/// <summary>What the steps of a freeze note of it: each way into a freeze and out of it leaves one record, and says what it was worth.</summary>
public sealed class FreezeStepsEvidenceTests : FreezeStepsFixture
{
    private FreezeRecord Record => Assert.Single(Records);

    [Fact]
    public void Moments_are_taken_so_that_the_interval_is_no_longer_than_the_freeze()
    {
        var root = Guest.Mount("/");
        var home = Guest.Mount("/home");
        root.Freezing = home.Freezing = () => Clock.Pass(TimeSpan.FromSeconds(1));
        var steps = Freeze(Everything);
        Guest.Guardians[0].Thawing = mountPoint =>
        {
            Clock.Pass(TimeSpan.FromSeconds(10));
            return Guest.Mounted.Single(mounted => mounted.MountPoint == mountPoint).TryThaw();
        };
        End(steps);

        Assert.Empty(Record.Doubts);
        Assert.Equal([("/home", 1L), ("/", 2L)], Record.FileSystems.Select(each => (each.MountPoint, Seconds(each.FrozenAt))));
        Assert.Equal([12L, 2L], Record.FileSystems.Select(each => Seconds(each.ThawedAt)));
        Assert.Equal((2L, 2L), (Seconds(Record.Together!.Value.From), Seconds(Record.Together!.Value.To)));
    }

    [Fact]
    public void Record_says_who_has_asked_for_what_and_what_the_hook_did()
    {
        Guest.Mount("/");
        Guest.Mount("/home");
        var request = Named("/home") with { Asker = new FreezeAsker("guest-fsfreeze-freeze-list", "unix-listen", "uid:7") };
        var steps = Freeze(request);
        Clock.Pass(TimeSpan.FromSeconds(3));
        steps.Thaw(FreezeEnder.Host, "uid:8");
        steps.RunHook(FreezeHookAction.Thaw, FreezeHookReason.Request);

        Assert.Empty(Record.Doubts);
        Assert.Equal(request.Asker, Record.Asker);
        Assert.Equal(["/home"], Record.MountPoints);
        Assert.Null(Record.Timeout);
        Assert.Equal((FreezeEnder.Host, "uid:8"), (Record.End!.By, Record.End.Peer));
        Assert.Equal([("freeze", "request", null), ("thaw", "request", (string?)null)], Record.Hooks.Select(hook => (hook.Action, hook.Reason, hook.Failure)));
        Assert.Equal(["/home"], Record.FileSystems.Select(each => each.MountPoint));
        Assert.Equal([Environment.ProcessId], Record.Keepers);
    }

    [Fact]
    public void What_can_not_be_frozen_and_what_is_kept_out_does_not_count_if_all_is_asked_for()
    {
        Guest.Mount("/");
        Guest.Mount("/boot/efi", "vfat").CanBeFrozen = false;
        Guest.Mount("/scratch");
        End(Freeze(Everything, Steps(excluded: "/scratch")));

        Assert.Empty(Record.Doubts);
        Assert.Equal(
            [("/scratch", "fsfreeze-exclude keeps it out", false), ("/boot/efi", "it can't be frozen", false), ("/", null, false)],
            Record.FileSystems.Select(each => (each.MountPoint, each.LeftOut, each.IsMissed)));
    }

    [Fact]
    public void What_is_named_in_vain_counts()
    {
        Guest.Mount("/");
        Guest.Mount("/boot/efi", "vfat").CanBeFrozen = false;
        Guest.Mount("/scratch");
        var request = Named("/", "/boot/efi", "/scratch", "/nowhere");
        End(Freeze(request, Steps(excluded: "/scratch")));

        Assert.Equal(
            [
                "/scratch was not frozen: fsfreeze-exclude keeps it out",
                "/nowhere was not frozen: no filesystem on a block device goes by this mount point",
                "/boot/efi was not frozen: it can't be frozen",
            ],
            Record.Doubts);
        Assert.NotNull(Record.Together);
    }

    [Fact]
    public void What_somebody_else_has_frozen_or_no_path_leads_to_counts_whatever_is_asked_for()
    {
        Guest.Mount("/");
        Guest.Mount("/foreign").FreezeFromOutside();
        Guest.Mount("/hidden").Unreachable = "/upper is mounted over it";
        End(Freeze(Everything));

        Assert.Equal(
            [
                "/hidden was not frozen: it is unreachable: /upper is mounted over it",
                "/foreign was not frozen: it is frozen already, by somebody else",
            ],
            Record.Doubts);
    }

    /// <remarks>Its mount replays a journal and writes, and nobody holds up what comes then.</remarks>
    [Theory]
    [InlineData("ext4", false, "/late was not frozen: it was mounted while the guest was frozen")]
    [InlineData("ext4", true, null)]
    [InlineData("vfat", false, null)]
    public void What_was_mounted_while_the_guest_was_frozen_counts(string type, bool isNamed, string? doubt)
    {
        Guest.Mount("/");
        Guest.Mount("/scratch");
        var steps = Freeze(isNamed ? Named("/") : Everything, Steps(excluded: "/scratch"));
        Guest.Mount("/late", type);
        End(steps);

        Assert.Equal(doubt is null ? [] : [doubt], Record.Doubts);
        Assert.Equal(!isNamed, Record.FileSystems.Any(each => each is { MountPoint: "/late", LeftOut: not null }));
    }

    [Fact]
    public void Order_that_can_not_be_had_is_the_whole_record()
    {
        Guest.Mount("/");
        Guest.Unsafe = new FreezeException("failed to freeze /: device dm-3 is suspended");
        Assert.Throws<FreezeException>(() => Steps().Prepare(Everything));

        Assert.Equal(["failed to freeze /: device dm-3 is suspended"], Record.Doubts);
        Assert.Equal((FreezeEnder.Failure, true, 0), (Record.End!.By, Record.IsOver, Record.Hooks.Count));
    }

    [Fact]
    public void Hook_that_fails_is_the_reason()
    {
        Guest.Mount("/");
        Guest.HookFailure = new FreezeHookException("the database is busy", wasKilled: false);
        Assert.Throws<FreezeHookException>(() => Steps().Prepare(Everything));

        Assert.Equal(["the database is busy"], Record.Doubts);
        Assert.Equal("the database is busy", Assert.Single(Record.Hooks).Failure);
    }

    [Fact]
    public void Hook_that_was_killed_is_over_once_it_has_undone_its_work()
    {
        Guest.Mount("/");
        Guest.HookFailure = new FreezeHookException("took too long", wasKilled: true);
        var steps = Steps();
        Assert.Throws<FreezeHookException>(() => steps.Prepare(Everything));
        Assert.Empty(Records);
        steps.RunHook(FreezeHookAction.Thaw, FreezeHookReason.Failure);

        Assert.Equal(["took too long"], Record.Doubts);
        Assert.Equal(["freeze", "thaw"], Record.Hooks.Select(hook => hook.Action));
    }

    [Fact]
    public void Thaw_hook_that_fails_counts()
    {
        Guest.Mount("/");
        var steps = Freeze(Everything);
        Guest.ThawHookFailure = new FreezeHookException("exit status 3", wasKilled: false);
        steps.Thaw();
        Assert.Throws<FreezeHookException>(() => steps.RunHook(FreezeHookAction.Thaw, FreezeHookReason.Request));

        Assert.Equal(["the thaw hook has failed: exit status 3"], Record.Doubts);
        Assert.NotNull(Record.Together);
    }

    [Fact]
    public void Filesystem_that_fails_is_named_and_what_was_frozen_is_told()
    {
        Guest.Mount("/").FreezeError = Errno.EIO;
        Guest.Mount("/home");
        var steps = Steps();
        steps.Prepare(Everything);
        steps.Open(Everything);
        var failure = Assert.Throws<SystemCallException>(() => steps.Freeze(Everything));
        End(steps, FreezeEnder.Failure, failure.Message);

        Assert.Equal(["failed to freeze /: Input/output error"], Record.Doubts);
        Assert.Equal(
            [("/home", null, true), ("/", "failed to freeze /: Input/output error", false)],
            Record.FileSystems.Select(each => (each.MountPoint, each.LeftOut, each.ThawedAt is not null)));
        Assert.Null(Record.Together);
    }

    [Fact]
    public void Freeze_of_nothing_is_over_at_once()
    {
        Guest.Mount("/").CanBeFrozen = false;
        var steps = Steps();
        steps.Prepare(Everything);
        steps.Open(Everything);
        Assert.Equal(0, steps.Freeze(Everything));

        Assert.Equal(["nothing was frozen"], Record.Doubts);

        // The thaw that the host asks for then is none of it.
        End(steps);
        Assert.Single(Records);
    }

    [Fact]
    public void What_root_has_thawed_is_told()
    {
        Guest.Mount("/");
        var home = Guest.Mount("/home");
        var steps = Freeze(Everything);
        home.TryThaw();
        End(steps);

        Assert.Equal(["/home was thawed by somebody else, nobody knows when"], Record.Doubts);
    }

    [Fact]
    public void Freeze_that_somebody_else_has_ended_is_worth_nothing()
    {
        Guest.Mount("/");
        var steps = Freeze(Everything);
        steps.Forget();

        Assert.Equal(["nobody knows when / was thawed"], Record.Doubts);
        Assert.Equal(FreezeEnder.ForeignThaw, Record.End!.By);
    }

    [Fact]
    public void What_the_guardian_finds_frozen_at_its_end_it_has_thawed()
    {
        Guest.Mount("/");
        var steps = Freeze(Everything);
        Guest.Guardians[0].Thawing = _ => false;
        Guest.Guardians[0].ThawsAtEnd = 1;
        Guest.Mounted.Clear();
        End(steps);

        // It was asked first and has said that it was not frozen: who is to be believed is not known.
        Assert.Equal(["/ was thawed by somebody else, nobody knows when"], Record.Doubts);
    }

    [Fact]
    public void Filesystem_that_does_not_answer_the_thaw_counts()
    {
        var hung = Guest.Mount("/hung");
        hung.ThawGate = Gate();
        Guest.Mount("/");
        var steps = Freeze(Everything);
        Overdue(FreezeSteps.ThawLimit, () => steps.Thaw());
        steps.RunHook(FreezeHookAction.Thaw, FreezeHookReason.Request);

        Assert.Equal(["/hung does not say whether it was frozen until the end: failed to thaw /hung: no answer within 2 s"], Record.Doubts);
    }

    [Fact]
    public void Mount_that_does_not_answer_the_freeze_is_named()
    {
        var hung = Guest.Mount("/hung");
        hung.FreezeGate = Gate();
        Guest.Mount("/");
        var steps = Steps();
        steps.Prepare(Everything);
        steps.Open(Everything);
        var failure = Overdue(FreezeSteps.FreezeLimit, () => Assert.Throws<FreezeException>(() => steps.Freeze(Everything)));
        End(steps, FreezeEnder.Failure, failure.Message);

        Assert.Equal(["failed to freeze /hung: no answer within 8 s"], Record.Doubts);
        Assert.Equal("failed to freeze /hung: no answer within 8 s", Record.FileSystems.Single(each => each.MountPoint == "/hung").LeftOut);
    }

    [Fact]
    public void Log_that_can_not_be_held_is_the_reason()
    {
        Guest.Mount("/");
        Guest.LogIsStuck = true;
        var steps = Steps();
        steps.Prepare(Everything);
        steps.Open(Everything);
        var failure = Assert.Throws<FreezeException>(() => steps.Freeze(Everything));
        End(steps, FreezeEnder.Failure, failure.Message);

        Assert.Equal(["failed to freeze: the agent's log has not come to rest within 8 s"], Record.Doubts);
        Assert.Null(Assert.Single(Record.FileSystems).FrozenAt);
    }

    [Fact]
    public void Deadline_that_passes_on_the_way_is_a_failure()
    {
        Guest.Mount("/").Freezing = () => Clock.Pass(TimeSpan.FromSeconds(5));
        var request = new FreezeRequest(MountPoints: null, TimeSpan.FromSeconds(5));
        var steps = Steps();
        steps.Prepare(request);
        steps.Open(request);
        var failure = Assert.Throws<FreezeException>(() => steps.Freeze(request));
        End(steps, FreezeEnder.Failure, failure.Message);

        Assert.Equal(["failed to freeze: the timeout of 5 s has passed on the way"], Record.Doubts);
    }

    [Fact]
    public void Guest_that_sleeps_while_frozen_is_frozen_for_that_time()
    {
        Guest.Mount("/");
        var steps = Freeze(Everything);
        Clock.Pass(TimeSpan.FromHours(8));
        End(steps, FreezeEnder.Deadline);

        Assert.Equal(8 * 3600L, Seconds(Record.Together!.Value.To) - Seconds(Record.Together!.Value.From));
        Assert.Empty(Record.Doubts);
    }

    [Fact]
    public void Freeze_that_is_taken_over_without_a_record_has_one_of_its_end()
    {
        Guest.Mount("/").FreezeFromOutside();
        Marker.Create();
        var steps = Steps(startsFrozen: true);
        steps.TakeOver();
        End(steps);

        Assert.Equal(["nobody knows how it began"], Record.Doubts);
        Assert.Equal(("/", true), (Record.FileSystems.Single().MountPoint, Record.FileSystems.Single().ThawedAt is not null));
    }

    [Fact]
    public void Second_freeze_has_a_record_of_its_own()
    {
        Guest.Mount("/");
        var steps = Freeze(Everything);
        End(steps);
        End(Freeze(Everything, steps));

        Assert.Equal(2, Records.Select(record => record.Id).Distinct().Count());
        Assert.All(Records, record => Assert.Empty(record.Doubts));
    }

    private static long Seconds(Moment? moment) => moment!.Value.Boot / 1_000_000_000;

    /// <summary>Steps that have frozen what can be.</summary>
    private FreezeSteps Freeze(FreezeRequest request, FreezeSteps? steps = null)
    {
        steps ??= Steps();
        steps.Prepare(request);
        steps.Open(request);
        Assert.NotEqual(0, steps.Freeze(request));
        return steps;
    }

    private static void End(FreezeSteps steps, FreezeEnder by = FreezeEnder.Host, string? reason = null)
    {
        steps.Thaw(by, peer: null, reason);
        steps.RunHook(FreezeHookAction.Thaw, by == FreezeEnder.Failure ? FreezeHookReason.Failure : FreezeHookReason.Request);
    }
}
