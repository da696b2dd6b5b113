using Akka.Actor;
using Akka.TestKit;
using Qga.Client;
using Qga.Ctl.Groups;
using Qga.Testing;

namespace Qga.Ctl.Tests.Groups;

public sealed class GroupActorTests : GroupFixture
{
    [Fact]
    public void Guests_are_frozen_as_one_and_thawed()
    {
        TakeSnapshot();
        Thaw(2, 2);
        var report = Report();

        Assert.Equal((GroupOutcome.Consistent, null), (report.Outcome, report.Why));
        Assert.Equal(TimeSpan.FromMilliseconds(10), report.Skew);
        Assert.Equal(TimeSpan.FromMilliseconds(130), report.Window);
        Assert.Equal((TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(120)), report.Together);
        Assert.All(report.Guests, guest => Assert.Equal((GuestEnd.Thawed, "10.0.0"), (guest.End, guest.Agent)));
        Assert.Null(report.Watcher);
        Assert.Equal(
            ["a prepare", "b prepare", "arm unix:/a unix:/b", "watch: freezing", "a freeze 42", "b freeze 42", "watch: 0 answered", "watch: 1 answered", "snapshot"],
            Ordered(Events.All.TakeWhile(happened => happened != "watch: thawing" && !happened.EndsWith(" thaw", StringComparison.Ordinal))));
        Assert.Equal(["watch: 0 thawed", "watch: 1 thawed"], Events.All[^2..]);
        Assert.True(Snapshot.Over.IsCancellationRequested);
    }

    [Fact]
    public void Nothing_is_frozen_before_all_are_ready_and_the_watcher_is_armed()
    {
        Start();
        Guests[1].Next("prepare").Return(new GuestFacts("10.0.0", null, false));
        Assert.DoesNotContain(Events.All, happened => happened.StartsWith("arm", StringComparison.Ordinal));
        Guests[0].Next("prepare").Return(new GuestFacts("10.0.0", null, false));
        Await("Arming");
        Assert.DoesNotContain(Events.All, happened => happened.Contains("freeze", StringComparison.Ordinal));
        Watcher.Arming.SetResult();
        Await("Freezing");
    }

    [Fact]
    public void Guests_that_are_not_ready_are_all_named_and_nothing_is_touched()
    {
        Begin("a", "b", "c");
        Start();
        Guests[0].Next("prepare").Return(new GuestFacts("10.0.0", "it is frozen already", false));
        Guests[1].Next("prepare").Fail(new QgaConnectionException("b: no such socket"));
        Guests[2].Next("prepare").Return(new GuestFacts("10.0.0", null, false));
        var report = Report();

        Assert.Equal((GroupOutcome.Refused, "a: it is frozen already; b: no such socket"), (report.Outcome, report.Why));
        Assert.All(report.Guests, guest => Assert.Equal(GuestEnd.Untouched, guest.End));
        Assert.Equal(3, Events.All.Length);
    }

    [Fact]
    public void Group_without_a_watcher_is_not_frozen()
    {
        Prepare();
        Watcher.Arming.SetException(new ThawWatchException("no processes"));
        var report = Report();
        Assert.Equal((GroupOutcome.Refused, "no processes"), (report.Outcome, report.Why));
        Assert.DoesNotContain(Events.All, happened => happened.Contains("freeze", StringComparison.Ordinal));
    }

    [Fact]
    public void First_guest_that_can_not_be_frozen_has_all_thawed()
    {
        Begin("a", "b", "c");
        Arm();
        FreezeFirst();
        var slow = Guests[2].Next("freeze");
        Guests[1].Next("freeze").Fail(Refusal("the hook has failed"));
        Await("Thawing");

        // A freeze that was not answered is given up, and nobody knows what became of it.
        Eventually.True(() => slow.Cancellation.IsCancellationRequested);
        Guests[0].Next("thaw").Return(new ThawAnswer(2, null, Clock.Now));
        Release(Guests[1]);
        Release(Guests[2]);
        var report = Report();

        Assert.Equal((GroupOutcome.NotFrozen, "b: guest-fsfreeze-freeze: the hook has failed"), (report.Outcome, report.Why));
        Assert.All(report.Guests, guest => Assert.Equal(GuestEnd.Thawed, guest.End));
        Assert.DoesNotContain("snapshot", Events.All);
        Assert.Contains("watch: 1 thawed", Events.All);
        Assert.DoesNotContain("watch: 2 thawed", Events.All);
        Assert.Equal(4711, report.Watcher);
        Assert.Equal(
            "thawed, though the freeze was never answered: c; the watcher (process 4711) looks again for 3 s", GroupText.LinesOf(report).Last());
    }

    [Fact]
    public void Guest_that_somebody_else_has_frozen_is_left_alone()
    {
        Arm();
        FreezeFirst();
        Guests[1].Next("freeze").Fail(new GuestNotOursException("somebody else has frozen it", new InvalidOperationException()));
        Await("Thawing");
        Guests[0].Next("thaw").Return(new ThawAnswer(2, null, Clock.Now));
        var report = Report();

        Assert.Equal(GroupOutcome.NotFrozen, report.Outcome);
        Assert.Equal([GuestEnd.Thawed, GuestEnd.Untouched], report.Guests.Select(guest => guest.End));
        Assert.DoesNotContain(Events.All, happened => happened is "b thaw" or "b release");
        Assert.Contains("watch: 1 thawed", Events.All);
    }

    [Fact]
    public void Guest_that_has_nothing_to_freeze_is_a_failure()
    {
        Arm();
        Guests[1].Next("freeze");
        Guests[0].Next("freeze").Return(new FreezeAnswer(0, null, Clock.Now));
        Await("Thawing");
        Guests[0].Next("thaw").Return(new ThawAnswer(0, null, Clock.Now));
        Release(Guests[1]);
        Assert.Equal("a: it has nothing that can be frozen", Report().Why);
    }

    [Fact]
    public void Freeze_that_takes_too_long_names_who_is_late()
    {
        Arm();
        Guests[1].Next("freeze");
        FreezeFirst();
        Pass(Limits.Freeze);
        Await("Thawing");
        Thaw(2);
        Release(Guests[1]);
        Assert.Equal((GroupOutcome.NotFrozen, "not frozen within 30 s: b"), Report().Failure);
    }

    [Fact]
    public void Snapshot_that_fails_has_all_thawed()
    {
        Freeze();
        Snapshot.End("exit code 5");
        Await("Thawing");
        Thaw(2, 2);
        Assert.Equal((GroupOutcome.SnapshotFailed, "the snapshot has failed: exit code 5"), Report().Failure);
    }

    [Fact]
    public void Snapshot_that_is_too_slow_is_ended_while_the_guests_are_thawed()
    {
        Freeze();
        Pass(Limits.Snapshot);
        Await("Thawing");
        Assert.True(Snapshot.Over.IsCancellationRequested);
        Thaw(2, 2);
        Eventually.True(() => Events.All.Contains("watch: 1 thawed"));
        Snapshot.End("it was ended");
        var report = Report();
        Assert.Equal((GroupOutcome.SnapshotFailed, "the snapshot has taken more than 7 s"), report.Failure);
        Assert.Equal("it was ended", report.Snapshot!.Result!.Failure);
    }

    [Theory]
    [InlineData("Preparing")]
    [InlineData("Arming")]
    public void Interruption_before_the_freeze_touches_nothing(string state)
    {
        if (state == "Preparing")
            Start();
        else
            Prepare();
        Group.Tell(GroupProtocol.Interrupt.Instance);
        var report = Report();
        Assert.Equal((GroupOutcome.Interrupted, "interrupted before anything was frozen"), report.Failure);
        Assert.DoesNotContain(Events.All, happened => happened.Contains("freeze", StringComparison.Ordinal));
    }

    [Fact]
    public void Interruption_of_the_freeze_thaws_all()
    {
        Arm();
        Group.Tell(GroupProtocol.Interrupt.Instance);
        Await("Thawing");
        foreach (var guest in Guests)
        {
            guest.Next("freeze");
            Release(guest);
        }

        Assert.Equal(GroupOutcome.Interrupted, Report().Outcome);
    }

    [Fact]
    public void Interruption_of_the_snapshot_ends_it_and_thaws_all()
    {
        Freeze();
        Group.Tell(GroupProtocol.Interrupt.Instance);
        Await("Thawing");
        Assert.True(Snapshot.Over.IsCancellationRequested);
        Thaw(2, 2);
        Snapshot.End("it was ended");
        Assert.Equal((GroupOutcome.Interrupted, "interrupted while the snapshot was being taken"), Report().Failure);
    }

    [Fact]
    public void Interruption_of_the_thaw_changes_nothing()
    {
        TakeSnapshot();
        Group.Tell(GroupProtocol.Interrupt.Instance);
        Thaw(2, 2);
        Assert.Equal(GroupOutcome.Consistent, Report().Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Watcher_that_dies_ends_the_freeze(bool isFrozen)
    {
        if (isFrozen)
            Freeze();
        else
            Arm();
        Watcher.Die();
        Await("Thawing");
        foreach (var guest in Guests)
        {
            if (isFrozen)
            {
                guest.Next("thaw").Return(new ThawAnswer(2, null, Clock.Now));
                continue;
            }

            guest.Next("freeze");
            Release(guest);
        }

        if (isFrozen)
            Snapshot.End("it was ended");
        var report = Report();
        Assert.Equal((isFrozen ? GroupOutcome.SnapshotFailed : GroupOutcome.NotFrozen, "the watcher has died"), report.Failure);
    }

    [Fact]
    public void Thaw_is_tried_until_the_guest_has_said_so()
    {
        TakeSnapshot();
        Thaw(2);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Guests[1].Next("thaw").Fail(new QgaConnectionException("b: lost"));
            AwaitThaws(attempt + 2);
        }

        Guests[1].Next("thaw").Return(new ThawAnswer(2, null, Clock.Now));
        var report = Report();
        Assert.Equal(GroupOutcome.Consistent, report.Outcome);
        Assert.Equal("b: lost", report.Guests[1].Problem);

        // When the timer is set nobody can see, so time passes until it was; not as much as would end the thaw.
        void AwaitThaws(int count) => Eventually.True(() =>
        {
            ((TestScheduler)Sys.Scheduler).Advance(GuestActor.RetryAfter / 10);
            return Events.All.Count(happened => happened == "b thaw") == count;
        });
    }

    [Fact]
    public void Guest_that_does_not_say_that_it_is_thawed_is_left_to_the_watcher()
    {
        TakeSnapshot();
        Thaw(2);
        Eventually.True(() => Events.All.Contains("watch: 0 thawed"));
        Pass(Limits.Thaw);
        var report = Report();

        Assert.Equal([GuestEnd.Thawed, GuestEnd.Unsaid], report.Guests.Select(guest => guest.End));
        Assert.Equal((GroupOutcome.Void, 4711), (report.Outcome, report.Watcher));
        Assert.Equal("b: it has not said that it is thawed", report.Why);
        Assert.DoesNotContain("watch: 1 thawed", Events.All);
    }

    [Fact]
    public void Guest_that_nobody_watches_any_more_is_told_to_be_so()
    {
        TakeSnapshot();
        Thaw(2);
        Eventually.True(() => Events.All.Contains("watch: 0 thawed"));
        Watcher.Die();
        Pass(Limits.Thaw);
        var report = Report();
        Assert.Null(report.Watcher);
        Assert.Equal("may still be frozen: b; nobody watches: thaw them by hand", GroupText.LinesOf(report).Last());
    }

    [Theory]
    [InlineData(1L, "b: of 2 filesystems 1 were thawed by somebody else before")]
    [InlineData(3L, "b: 2 filesystems were frozen and 3 thawed: somebody else has frozen, too")]
    [InlineData(null, "b: its thaw has not told how much was frozen until then")]
    public void Thaw_that_does_not_count_what_was_frozen_proves_nothing(long? count, string reason)
    {
        TakeSnapshot();
        Thaw(2, count);
        var report = Report();
        Assert.Equal((GroupOutcome.Void, reason), (report.Outcome, report.Why));
    }

    [Fact]
    public void Record_of_a_guest_counts_for_the_verdict()
    {
        TakeSnapshot(hasEvidence: true);
        Thaw(2, 2);
        Await("Proving");
        Guests[0].Next("evidence").Return(Evidence(isConsistent: true));
        Guests[1].Next("evidence").Return(Evidence(isConsistent: false));
        Assert.Equal("b: its own record says that it was not consistent: the hook has failed", Report().Why);
    }

    [Theory]
    [InlineData("1", "over", null)]
    [InlineData("2", "over", "a: its last record is that of another freeze: somebody else has thawed it, and it was frozen again")]
    [InlineData("1", "frozen", "a: its own record says that it is frozen, and not over")]
    public void Record_that_is_not_of_this_freeze_to_its_end_proves_nothing(string id, string state, string? reason)
    {
        TakeSnapshot(hasEvidence: true);
        Thaw(2, 2);
        Await("Proving");
        Guests[0].Next("evidence").Return(Evidence(isConsistent: true, id, state));
        Guests[1].Next("evidence").Return(Evidence(isConsistent: true));
        Assert.Equal(reason, Report().Why);
    }

    [Fact]
    public void Record_that_was_promised_and_does_not_come_is_missed()
    {
        TakeSnapshot(hasEvidence: true);
        Thaw(2, 2);
        Await("Proving");
        Guests[0].Next("evidence").Return(null);
        Guests[1].Next("evidence").Fail(new QgaTimeoutException("b: no answer"));
        var report = Report();
        Assert.Equal("a: its own record of the freeze has not come; b: its own record of the freeze has not come", report.Why);
        Assert.Equal("b: no answer", report.Guests[1].Problem);
    }

    [Fact]
    public void Record_that_has_not_come_while_frozen_is_missed()
    {
        Arm(hasEvidence: true);
        foreach (var guest in Guests)
            guest.Next("freeze").Return(new FreezeAnswer(2, null, Clock.Now));
        Await("Frozen");
        Snapshot.End();
        Await("Thawing");
        Thaw(2, 2);
        Await("Proving");
        foreach (var guest in Guests)
            guest.Next("evidence").Return(Evidence(isConsistent: true));
        Assert.StartsWith("a: it keeps records of its freezes, and none of this one has come while it was frozen", Report().Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Bug_in_a_guests_actor_ends_the_group()
    {
        Guests[1].Bug = new InvalidOperationException("broken");
        Start();
        Assert.Equal("b: broken", ExpectMsg<Status.Failure>(Eventually.Patience).Cause.Message);
    }

    [Fact]
    public void Nothing_is_frozen_before_the_watcher_knows()
    {
        Watcher.Freezing = new TaskCompletionSource();
        Prepare();
        Watcher.Arming.SetResult();
        Eventually.True(() => Events.All.Contains("watch: freezing"));
        Assert.DoesNotContain(Events.All, happened => happened.Contains("freeze", StringComparison.Ordinal));
        Group.Tell(GroupProtocol.Interrupt.Instance);
        Assert.Equal((GroupOutcome.Interrupted, "interrupted before anything was frozen"), Report().Failure);

        // What it takes for frozen by then was not touched.
        Assert.Equal(["watch: freezing", "watch: 0 thawed", "watch: 1 thawed"], Events.All[^3..]);
    }

    [Fact]
    public void Watcher_that_dies_before_it_knows_has_nothing_frozen()
    {
        Watcher.Freezing = new TaskCompletionSource();
        Prepare();
        Watcher.Arming.SetResult();
        Watcher.Freezing.SetException(new ThawWatchException("it has died"));
        Assert.Equal((GroupOutcome.Refused, "it has died"), Report().Failure);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void Count_that_is_none_is_a_failure(long count)
    {
        Arm();
        Guests[1].Next("freeze");
        Guests[0].Next("freeze").Return(new FreezeAnswer(count, null, Clock.Now));
        Await("Thawing");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Record_is_not_waited_for_longer_than_it_may_take(bool isInterrupted)
    {
        TakeSnapshot(hasEvidence: true);
        Thaw(2, 2);
        Await("Proving");
        if (isInterrupted)
            Group.Tell(GroupProtocol.Interrupt.Instance);
        else
            Pass(Limits.Evidence);
        Assert.Equal(GroupOutcome.Void, Report().Outcome);
    }

    [Fact]
    public void Freeze_that_is_answered_after_the_group_was_given_up_is_thawed()
    {
        Arm();
        var late = Guests[1].Next("freeze");
        Guests[0].Next("freeze").Fail(new QgaTimeoutException("a: no answer"));
        Await("Thawing");
        Eventually.True(() => late.Cancellation.IsCancellationRequested);
        late.Return(new FreezeAnswer(2, null, Clock.Now));
        Guests[1].Next("release").Return(new ThawAnswer(2, null, Clock.Now));
        Release(Guests[0]);
        Assert.All(Report().Guests, guest => Assert.Equal(GuestEnd.Thawed, guest.End));
        Assert.DoesNotContain(Events.All, happened => happened.EndsWith(" thawed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_disposes_of_the_guests_before_it_leaves_them_to_the_watcher()
    {
        Watcher.Arming.SetException(new ThawWatchException("no processes"));
        var running = GroupFreeze.RunAsync(Guests, Snapshot, Watcher, Limits, Clock, CancellationToken.None);
        foreach (var guest in Guests)
            guest.Next("prepare").Return(new GuestFacts("10.0.0", null, false));
        Assert.Equal(GroupOutcome.Refused, (await running.WaitAsync(Eventually.Patience)).Outcome);
        Assert.Equal(["a disposed", "b disposed", "watch disposed"], Events.All[^3..]);
    }

    [Fact]
    public async Task Run_that_is_interrupted_says_so()
    {
        using var interrupt = new CancellationTokenSource();
        var running = GroupFreeze.RunAsync(Guests, Snapshot, Watcher, Limits, Clock, interrupt.Token);
        Guests[0].Next("prepare");
        await interrupt.CancelAsync();
        Assert.Equal(GroupOutcome.Interrupted, (await running.WaitAsync(Eventually.Patience)).Outcome);
    }

    /// <summary>Returns once the group knows.</summary>
    private void FreezeFirst()
    {
        Guests[0].Next("freeze").Return(new FreezeAnswer(2, null, Clock.Now));
        Eventually.True(() => Events.All.Contains("watch: 0 answered"));
    }

    /// <summary>What happens to guests at once has no order.</summary>
    private static string[] Ordered(IEnumerable<string> events)
    {
        var all = events.ToArray();
        return [.. all.Take(2).Order(StringComparer.Ordinal), .. all[2..4], .. all.Skip(4).Take(2).Order(StringComparer.Ordinal), .. all.Skip(6)];
    }
}
