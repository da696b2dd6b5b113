using System.Runtime.CompilerServices;
using Akka.Actor;
using static Qga.Ctl.Groups.GroupProtocol;

namespace Qga.Ctl.Groups;

/// <summary>
/// Freezes many guests as one: its behaviours are the states of docs/group-freeze.md. Whatever goes wrong once a guest may be frozen leads to
/// Thawing; what the guests have said then, and when, is the <see cref="GroupReport"/>.
/// </summary>
internal sealed class GroupActor : UntypedActor, IWithTimers
{
    private sealed record Armed
    {
        internal static readonly Armed Instance = new();
    }

    private sealed record Watched
    {
        internal static readonly Watched Instance = new();
    }

    private sealed record ArmFailed(string Why);

    private sealed record SnapshotTaken(TimeSpan At, SnapshotResult Result);

    private sealed record FreezeOver
    {
        internal static readonly FreezeOver Instance = new();
    }

    private sealed record SnapshotOver
    {
        internal static readonly SnapshotOver Instance = new();
    }

    private sealed record ThawOver
    {
        internal static readonly ThawOver Instance = new();
    }

    private sealed record EvidenceOver
    {
        internal static readonly EvidenceOver Instance = new();
    }

    private sealed record WatcherDied
    {
        internal static readonly WatcherDied Instance = new();
    }

    private readonly IReadOnlyList<IFreezableGuest> _members;
    private readonly ISnapshot _snapshot;
    private readonly IThawWatch _watch;
    private readonly GroupLimits _limits;
    private readonly GroupClock _clock;
    private readonly List<IActorRef> _actors = [];
    private readonly GuestReport[] _guests;
    private readonly bool[] _areAnswered;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _snapshotOver = new();

    private string _state = nameof(Idle);
    private IActorRef _asker = ActorRefs.Nobody;
    private GroupReport _report;
    private int _awaited;

    private GroupActor(IReadOnlyList<IFreezableGuest> guests, ISnapshot snapshot, IThawWatch watch, GroupLimits limits, GroupClock clock)
    {
        (_members, _snapshot, _watch, _limits, _clock) = (guests, snapshot, watch, limits, clock);
        _guests = [.. guests.Select(guest => new GuestReport(guest.Name, guest.Address))];
        _areAnswered = new bool[guests.Count];
        _report = new GroupReport(clock.Origin, _guests) { Limits = limits };
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="guests">Whom it freezes.</param>
    /// <param name="snapshot">What is done while they are frozen.</param>
    /// <param name="watch">Who thaws them if this process does not.</param>
    /// <param name="limits">How long each step may take.</param>
    /// <param name="clock">What all times are by.</param>
    internal static Props Props(
        IReadOnlyList<IFreezableGuest> guests, ISnapshot snapshot, IThawWatch watch, GroupLimits limits, GroupClock clock) =>
        ActorFactory<GroupActor>.Props(() => new GroupActor(guests, snapshot, watch, limits, clock));

    /// <remarks>It has told its bug, which ends the group.</remarks>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    protected override void PostStop()
    {
        _stopping.Cancel();
        _snapshotOver.Cancel();
        _stopping.Dispose();
        _snapshotOver.Dispose();
    }

    /// <remarks>A bug ends the group: whoever asked hears of it, and the watcher has the guests.</remarks>
    protected override bool AroundReceive(Receive receive, object message)
    {
        try
        {
            return message is Broken broken
                ? throw new InvalidOperationException($"{_guests[broken.Guest].Name}: {broken.Bug.Message}", broken.Bug)
                : base.AroundReceive(receive, message);
        }
        catch (Exception bug)
        {
            _asker.Tell(new Status.Failure(bug), Self);
            throw;
        }
    }

    protected override void OnReceive(object message) => Idle(message);

    // The states. ------------------------------------------------------------------------------------------------------------------

    private void Idle(object message)
    {
        switch (message)
        {
            case Start: PrepareAll(message); break;
            default: Unhandled(message); break;
        }
    }

    private void Preparing(object message)
    {
        switch (message)
        {
            case Prepared prepared: Note(prepared); break;
            case Unprepared unprepared: Note(unprepared); break;
            case Interrupt: Finish(message, GroupOutcome.Interrupted, "interrupted before anything was frozen"); break;
            default: Unhandled(message); break;
        }
    }

    private void Arming(object message)
    {
        switch (message)
        {
            case Armed: HaveWatched(); break;
            case Watched: FreezeAll(message); break;
            case ArmFailed failed: Finish(message, GroupOutcome.Refused, failed.Why); break;
            case Interrupt: Disarm(message); break;
            default: Unhandled(message); break;
        }
    }

    private void Freezing(object message)
    {
        switch (message)
        {
            case Froze froze: Note(froze); break;
            case FreezeFailed failed: Note(failed); break;
            case FreezeOver: GiveUpFreezing(message); break;
            case Interrupt: ThawAll(message, GroupOutcome.Interrupted, "interrupted while the guests were being frozen"); break;
            case WatcherDied: ThawAll(message, GroupOutcome.NotFrozen, "the watcher has died"); break;
            default: Unhandled(message); break;
        }
    }

    private void Frozen(object message)
    {
        switch (message)
        {
            case SnapshotTaken taken: Note(taken); break;
            case SnapshotOver: GiveUpSnapshot(message); break;
            case Interrupt: ThawAll(message, GroupOutcome.Interrupted, "interrupted while the snapshot was being taken"); break;
            case WatcherDied: ThawAll(message, GroupOutcome.SnapshotFailed, "the watcher has died"); break;
            default: Unhandled(message); break;
        }
    }

    private void Thawing(object message)
    {
        switch (message)
        {
            case Thawed thawed: Note(thawed); break;
            case ThawFailed failed: _guests[failed.Guest] = _guests[failed.Guest] with { Problem = failed.Why }; break;
            case Froze froze: NoteAnswer(froze); break;
            case FreezeFailed failed: NoteFailure(failed); break;
            case SnapshotTaken taken: NoteLate(taken); break;
            case ThawOver: Prove(message); break;
            default: Unhandled(message); break;
        }
    }

    private void Proving(object message)
    {
        switch (message)
        {
            case Testified testified: Note(testified); break;
            case EvidenceOver: Finish(message); break;
            case Interrupt: Finish(message); break;
            default: Unhandled(message); break;
        }
    }

    private void Done(object message) => Unhandled(message);

    // What is done on the way from one to the next. -----------------------------------------------------------------------------------

    private void PrepareAll(object on)
    {
        _asker = Sender;
        _awaited = _members.Count;
        for (var guest = 0; guest < _members.Count; guest++)
        {
            _actors.Add(Context.ActorOf(GuestActor.Props(guest, _members[guest]), $"guest-{guest}"));
            _actors[guest].Tell(Prepare.Instance);
        }

        Go(on, Preparing);
    }

    private void Note(Prepared prepared)
    {
        var (guest, facts) = prepared;
        _guests[guest] = _guests[guest] with { Agent = facts.Agent, Problem = facts.Obstacle, KeepsRecords = facts.HasEvidence };
        ArmOnceAllAreHome(prepared);
    }

    private void Note(Unprepared unprepared)
    {
        _guests[unprepared.Guest] = _guests[unprepared.Guest] with { Problem = unprepared.Why };
        ArmOnceAllAreHome(unprepared);
    }

    /// <summary>All are waited for, so that whoever has to mend something hears of all of it.</summary>
    private void ArmOnceAllAreHome(object on)
    {
        if (--_awaited > 0)
            return;
        if (_guests.Any(guest => guest.Problem is not null))
        {
            Finish(on, GroupOutcome.Refused, Problems());
            return;
        }

        _watch.ArmAsync([.. _members.Select(guest => guest.Address)], _limits, _stopping.Token)
            .PipeTo(Self, success: () => Armed.Instance, failure: cause => new ArmFailed(cause.Message));
        Go(on, Arming);
    }

    /// <summary>The watcher has guests to thaw from here on. No freeze is sent before it knows.</summary>
    private void HaveWatched() =>
        _watch.FreezingAsync().PipeTo(Self, success: () => Watched.Instance, failure: cause => new ArmFailed(cause.Message));

    /// <summary>What the watcher may take for frozen by now was not touched.</summary>
    private void Disarm(object on)
    {
        for (var guest = 0; guest < _guests.Length; guest++)
            _watch.Thawed(guest);
        Finish(on, GroupOutcome.Interrupted, "interrupted before anything was frozen");
    }

    private void FreezeAll(object on)
    {
        _watch.Died.PipeTo(Self, success: () => WatcherDied.Instance, failure: _ => WatcherDied.Instance);
        Timers.StartSingleTimer(nameof(FreezeOver), FreezeOver.Instance, _limits.Freeze);
        _awaited = _members.Count;
        _report = _report with { FreezeOrdered = _clock.Now };
        for (var guest = 0; guest < _guests.Length; guest++)
            _guests[guest] = _guests[guest] with { End = GuestEnd.Unsaid };
        foreach (var guest in _actors)
            guest.Tell(new Freeze(_limits.Deadline));
        Go(on, Freezing);
    }

    private void Note(Froze froze)
    {
        NoteAnswer(froze);
        if (froze.Answer.Count <= 0)
            ThawAll(froze, GroupOutcome.NotFrozen, $"{_guests[froze.Guest].Name}: it has nothing that can be frozen");
        else if (--_awaited == 0)
            TakeSnapshot(froze);
    }

    private void NoteAnswer(Froze froze)
    {
        Answered(froze.Guest);
        _guests[froze.Guest] = _guests[froze.Guest] with { Freeze = froze.Answer };
    }

    private void Note(FreezeFailed failed)
    {
        NoteFailure(failed);
        ThawAll(failed, GroupOutcome.NotFrozen, $"{_guests[failed.Guest].Name}: {failed.Why}");
    }

    private void NoteFailure(FreezeFailed failed)
    {
        var isOurs = failed.Fate != FreezeFate.NotOurs;
        _guests[failed.Guest] = _guests[failed.Guest] with { Problem = failed.Why, End = isOurs ? GuestEnd.Unsaid : GuestEnd.Untouched };
        if (failed.Fate != FreezeFate.Unknown)
            Answered(failed.Guest);
        if (!isOurs)
            _watch.Thawed(failed.Guest);
    }

    private void Answered(int guest)
    {
        _areAnswered[guest] = true;
        _watch.Answered(guest);
    }

    private void GiveUpFreezing(object on)
    {
        var late = string.Join(", ", _guests.Where(guest => guest.Freeze is null).Select(guest => guest.Name));
        ThawAll(on, GroupOutcome.NotFrozen, $"not frozen within {_limits.Freeze.TotalSeconds} s: {late}");
    }

    private void TakeSnapshot(object on)
    {
        Timers.Cancel(nameof(FreezeOver));
        Timers.StartSingleTimer(nameof(SnapshotOver), SnapshotOver.Instance, _limits.Snapshot);
        _report = _report with { Snapshot = new SnapshotReport(_clock.Now, null, null) };
        TakeAsync(_snapshot, _clock, _snapshotOver.Token).PipeTo(Self);
        Go(on, Frozen);
    }

    private void GiveUpSnapshot(object on) =>
        ThawAll(on, GroupOutcome.SnapshotFailed, $"the snapshot has taken more than {_limits.Snapshot.TotalSeconds} s");

    private static async Task<SnapshotTaken> TakeAsync(ISnapshot snapshot, GroupClock clock, CancellationToken over)
    {
        SnapshotResult result;
        try
        {
            result = await snapshot.TakeAsync(over).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            result = new SnapshotResult(failure.Message);
        }

        return new SnapshotTaken(clock.Now, result);
    }

    private void Note(SnapshotTaken taken)
    {
        NoteEnd(taken);
        if (taken.Result.Failure is { } failure)
            ThawAll(taken, GroupOutcome.SnapshotFailed, $"the snapshot has failed: {failure}");
        else
            ThawAll(taken);
    }

    /// <summary>It was ended, and the guests are being thawed already.</summary>
    private void NoteLate(SnapshotTaken taken)
    {
        NoteEnd(taken);
        ProveOnceAllIsOver(taken);
    }

    private void NoteEnd(SnapshotTaken taken) =>
        _report = _report with { Snapshot = _report.Snapshot! with { Ended = taken.At, Result = taken.Result } };

    private void ThawAll(object on, GroupOutcome outcome, string why)
    {
        _report = _report with { Failure = (outcome, why) };
        ThawAll(on);
    }

    private void ThawAll(object on)
    {
        // The order's time is taken before the first guest can hear of it.
        _report = _report with { ThawOrdered = _clock.Now };
        foreach (var guest in _actors)
            guest.Tell(new Thaw(_limits.ThawAttempt));
        _watch.Thawing();
        Timers.CancelAll();
        Timers.StartSingleTimer(nameof(ThawOver), ThawOver.Instance, _limits.Thaw);
        _snapshotOver.Cancel();
        _awaited = _members.Count;
        Go(on, Thawing);
    }

    private void Note(Thawed thawed)
    {
        var guest = _guests[thawed.Guest];
        _guests[thawed.Guest] = guest with
        {
            Thaw = thawed.Answer,
            End = thawed.Answer is null ? GuestEnd.Untouched : GuestEnd.Thawed,
            Problem = thawed.Answer?.Problem ?? guest.Problem,
        };

        // Where a freeze was never answered it may still be on its way: the watcher looks once more, when we are gone.
        if (_areAnswered[thawed.Guest])
            _watch.Thawed(thawed.Guest);
        _awaited--;
        ProveOnceAllIsOver(thawed);
    }

    private void ProveOnceAllIsOver(object on)
    {
        if (_awaited == 0 && _report.Snapshot is not { Ended: null })
            Prove(on);
    }

    private void Prove(object on)
    {
        Timers.CancelAll();
        _awaited = 0;
        for (var guest = 0; guest < _guests.Length; guest++)
        {
            if (_guests[guest] is not { KeepsRecords: true, Freeze: not null, End: GuestEnd.Thawed })
                continue;
            _actors[guest].Tell(Testify.Instance);
            _awaited++;
        }

        if (_awaited == 0)
        {
            Finish(on);
            return;
        }

        Timers.StartSingleTimer(nameof(EvidenceOver), EvidenceOver.Instance, _limits.Evidence);
        Go(on, Proving);
    }

    private void Note(Testified testified)
    {
        var guest = _guests[testified.Guest];
        _guests[testified.Guest] = guest with { Evidence = testified.Evidence, Problem = testified.Why ?? guest.Problem };
        if (--_awaited == 0)
            Finish(testified);
    }

    private void Finish(object on, GroupOutcome outcome, string why)
    {
        _report = _report with { Failure = (outcome, why) };
        Finish(on);
    }

    private void Finish(object on)
    {
        Timers.CancelAll();
        var isFrozen = _report.FreezeOrdered is not null;
        _report = _report with { Guests = [.. _guests.Select((guest, index) => guest with { MayFreezeYet = isFrozen && !_areAnswered[index] })] };
        var isWatched = (_report.Unsaid.Any() || _report.Late.Any()) && !_watch.Died.IsCompleted;
        _asker.Tell(isWatched ? _report with { Watcher = _watch.ProcessId } : _report, Self);
        Go(on, Done);
    }

    private string Problems() =>
        string.Join("; ", _guests.Where(guest => guest.Problem is not null).Select(guest =>
            guest.Problem!.StartsWith($"{guest.Name}: ", StringComparison.Ordinal) ? guest.Problem : $"{guest.Name}: {guest.Problem}"));

    private void Go(object on, UntypedReceive state, [CallerArgumentExpression(nameof(state))] string name = "")
    {
        Become(state);
        Context.System.EventStream.Publish(new Transition(_state, on.GetType().Name, name));
        _state = name;
    }
}
