using Akka.Actor;
using Akka.Event;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Platform.Freeze;
using Qga.Platform.Work;
using Qga.Transport;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Freeze;

/// <summary>
/// The freeze domain: takes the guest into the freeze and out again, one at a time. While it is on its way, whoever asks waits
/// for the end of that and then hears the truth.
/// </summary>
public sealed class FreezeActor : CommandActor
{
    /// <summary>How long the domains may take to come to rest.</summary>
    public static readonly TimeSpan QuiesceTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How soon somebody else's thaw is noticed, and a deadline that has passed while the guest was suspended.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private enum State
    {
        Thawed,
        Frozen,

        /// <summary>The domains come to rest.</summary>
        Quiescing,

        /// <summary>A step of <see cref="GuestFreezer"/> runs, or several in turn.</summary>
        Busy,
    }

    private sealed record DomainsRestless
    {
        internal static readonly DomainsRestless Instance = new();
    }

    private sealed record DeadlineOver
    {
        internal static readonly DeadlineOver Instance = new();
    }

    private sealed record GuardianEnded(Task<int?> Ended);

    /// <summary>Time to look whether the freeze is still ours.</summary>
    private sealed record LookTick
    {
        internal static readonly LookTick Instance = new();
    }

    private readonly GuestFreezer _freezer;
    private readonly IReadOnlyList<IActorRef> _domains;
    private readonly Queue<(object Message, IActorRef Sender)> _waiting = new();
    private readonly Dictionary<IActorRef, string?> _restless = [];
    private readonly List<object> _lookedFor = [];
    private int _freezes;
    private bool _isLooking;
    private State _state;
    private Invoke? _freezing;

    private FreezeActor(GuestFreezer freezer, IReadOnlyList<IActorRef> domains, WorkerPool workers)
        : base(workers, isFrozen: false) => (_freezer, _domains) = (freezer, domains);

    /// <param name="freezer">Carries out the steps.</param>
    /// <param name="domains">Who comes to rest before a freeze.</param>
    /// <param name="workers">Threads for nothing but freezing and thawing, so that a thaw never waits for a stuck command.</param>
    public static Props Props(GuestFreezer freezer, IReadOnlyList<IActorRef> domains, WorkerPool workers) =>
        ActorFactory.Props(() => new FreezeActor(freezer, domains, workers));

    protected override void PreStart()
    {
        if (!_freezer.StartsFrozen)
            return;
        _state = State.Busy;
        Step("taking over the freeze", _freezer.TakeOver, EnterFrozen, failure =>
        {
            Log.Error(failure, "taking over the freeze failed");
            EnterFrozen();
        });
    }

    protected override void Handle(object message)
    {
        switch (_state)
        {
            case State.Thawed: Thawed(message); break;
            case State.Frozen: Frozen(message); break;
            case State.Quiescing: Quiescing(message); break;
            default: Busy(message); break;
        }
    }

    private void Thawed(object message)
    {
        switch (message)
        {
            case Invoke { Command: GuestFsFreezeStatus } invoke: invoke.Succeed(QmpValue.Of("thawed"), Self); break;
            case Invoke { Command: GuestFsFreezeFreeze freeze } invoke: Prepare(invoke, freeze); break;
            case Invoke { Command: GuestFsFreezeThaw } invoke: Thaw(invoke); break;
            case FreezeProtocol.Leave: Sender.Tell(FreezeProtocol.Left.Instance); break;
            case CommandProtocol.Reconfigure reconfigure: _freezer.Exclusions = reconfigure.Exclusions; break;
            case DeadlineOver or GuardianEnded or LookTick or DomainsRestless: break;
            default: base.Handle(message); break;
        }
    }

    private void Frozen(object message)
    {
        switch (message)
        {
            case Invoke { Command: GuestFsFreezeStatus } or DeadlineOver or LookTick: Look(message); break;
            case Invoke { Command: GuestFsFreezeFreeze } invoke: invoke.Fail(CommandFilter.FrozenOut(invoke.Spec), Self); break;
            case Invoke { Command: GuestFsFreezeThaw } invoke: Thaw(invoke); break;
            case FreezeProtocol.Leave: Thaw(FreezeHookReason.Exit, Answering(Sender)); break;
            case CommandProtocol.Reconfigure reconfigure: _freezer.Exclusions = reconfigure.Exclusions; break;
            case GuardianEnded gone when gone.Ended == _freezer.GuardianEnded: Look(message); break;
            case GuardianEnded or DomainsRestless: break;
            default: base.Handle(message); break;
        }
    }

    private void Busy(object message)
    {
        switch (message)
        {
            case Invoke or FreezeProtocol.Leave or DeadlineOver or GuardianEnded or CommandProtocol.Reconfigure:
                _waiting.Enqueue((message, Sender));
                break;
            case LookTick or DomainsRestless: break;
            default: base.Handle(message); break;
        }
    }

    private void Quiescing(object message)
    {
        switch (message)
        {
            case QuiesceProtocol.StillRunning running: _restless[Sender] = running.Command; break;
            case QuiesceProtocol.Quiesced: OnQuiesced(Sender); break;
            case DomainsRestless: OnRestless(); break;
            default: Busy(message); break;
        }
    }

    private void Prepare(Invoke invoke, GuestFsFreezeFreeze request)
    {
        _state = State.Busy;
        _freezing = invoke;
        Step(
            "preparing the freeze",
            () => _freezer.Begin(request),
            () => Step("opening the mount points", () => _freezer.Open(request), Quiesce, Abandon),
            failure =>
            {
                // A hook that was ended could undo nothing; one that failed has undone what it did.
                if (failure is FreezeHookException { WasKilled: true })
                    CallHook(FreezeHookReason.Failure, _ => Refuse(invoke, failure));
                else
                    Refuse(invoke, failure);
            });
    }

    private void Refuse(Invoke invoke, Exception failure)
    {
        invoke.Fail(failure, Self);
        Settle(State.Thawed);
    }

    private void Quiesce()
    {
        _state = State.Quiescing;
        foreach (var domain in _domains)
        {
            _restless[domain] = null;
            domain.Tell(QuiesceProtocol.Quiesce.Instance);
        }

        Timers.StartSingleTimer(DomainsRestless.Instance, DomainsRestless.Instance, QuiesceTimeout);
    }

    private void OnQuiesced(IActorRef domain)
    {
        _restless.Remove(domain);
        if (_restless.Count > 0)
            return;

        Timers.Cancel(DomainsRestless.Instance);
        _state = State.Busy;
        var request = (GuestFsFreezeFreeze)_freezing!.Command;
        var count = 0;
        Step("freezing", () => count = _freezer.Freeze(request), () => OnFrozen(count), Abandon);
    }

    private void OnRestless()
    {
        var what = string.Join(", ", _restless.Select(domain => domain.Value ?? domain.Key.Path.Name));
        _restless.Clear();
        Abandon(new FreezeException($"failed to freeze: {what} has not come to rest within {QuiesceTimeout.TotalSeconds:0} s"));
    }

    private void OnFrozen(int count)
    {
        if (count == 0)
            Resume();
        _freezing!.Succeed(QmpValue.Of(count), Self);
        _freezing = null;
        if (count > 0)
            EnterFrozen();
        else
            Settle(State.Thawed);
    }

    private void EnterFrozen()
    {
        _freezes++;
        Timers.StartPeriodicTimer(LookTick.Instance, LookTick.Instance, LookInterval);
        AwaitDeadline();
        WatchGuardian();
        Settle(State.Frozen);
    }

    private void AwaitDeadline()
    {
        if (_freezer.Remaining is { } remaining)
            Timers.StartSingleTimer(DeadlineOver.Instance, DeadlineOver.Instance, remaining);
    }

    /// <summary>Looks whether the freeze is still ours before anything is made of a message. One look is made at a time.</summary>
    private void Look(object message)
    {
        if (_isLooking)
        {
            // What that look finds may be older than the message.
            if (message is not LookTick)
                _lookedFor.Add(message);
            return;
        }

        _isLooking = true;
        var freeze = _freezes;
        Step(
            "looking for the frozen marker", _freezer.IsStillOurs, isOurs => OnLooked(message, isOurs, freeze),
            _ => OnLooked(message, isOurs: true, freeze));
    }

    private void OnLooked(object message, bool isOurs, int freeze)
    {
        _isLooking = false;
        if (_state != State.Frozen || _freezes != freeze)
            Handle(message);
        else if (!isOurs)
            Forget(message);
        else
            StayFrozen(message);

        List<object> waiting = [.. _lookedFor];
        _lookedFor.Clear();
        waiting.ForEach(Handle);
    }

    private void StayFrozen(object message)
    {
        switch (message)
        {
            case Invoke invoke when _freezer.Remaining != TimeSpan.Zero: invoke.Succeed(QmpValue.Of("frozen"), Self); break;
            case GuardianEnded when _freezer.Remaining != TimeSpan.Zero: ReplaceGuardian(); break;
            default: OnDeadline(message); break;
        }
    }

    private void OnDeadline(object message)
    {
        // It may be that of an earlier freeze, which waited behind the commands that ended that one and began this one.
        if (_freezer.Remaining == TimeSpan.Zero)
        {
            Thaw(FreezeHookReason.Deadline, TellOfDeadline);
            if (message is Invoke)
                Handle(message);
        }
        else if (message is DeadlineOver)
        {
            AwaitDeadline();
        }
    }

    /// <summary>Somebody else has thawed the guest, and called the hook or does without.</summary>
    private void Forget(object message)
    {
        var byGuardian = _freezer.GuardianEnded is { IsCompletedSuccessfully: true, Result: { } count }
            ? $"its guardian has thawed {count} filesystems"
            : null;
        _state = State.Busy;
        EndTimers();
        Step("leaving the freeze", _freezer.Forget, Leave, failure =>
        {
            Log.Error(failure, "leaving the freeze failed");
            Leave();
        });
        if (message is Invoke)
            Handle(message);

        void Leave()
        {
            Log.Warning("the freeze is over: {0}", byGuardian ?? "somebody else has ended it");
            Resume();
            Settle(State.Thawed);
        }
    }

    private void EndTimers()
    {
        Timers.Cancel(DeadlineOver.Instance);
        Timers.Cancel(LookTick.Instance);
    }

    private void WatchGuardian()
    {
        if (_freezer.GuardianEnded is not { } ended)
            return;
        var self = Self;
        ended.ContinueWith(_ => self.Tell(new GuardianEnded(ended)), TaskContinuationOptions.ExecuteSynchronously);
    }

    private void ReplaceGuardian()
    {
        Log.Warning("the freeze guardian has ended: another is started");
        _state = State.Busy;
        Step("starting a freeze guardian", _freezer.Guard, Again, _ => Again());

        void Again()
        {
            WatchGuardian();
            Settle(State.Frozen);
        }
    }

    /// <summary>The freeze that is on its way fails: whatever it did is undone.</summary>
    private void Abandon(Exception failure)
    {
        var invoke = _freezing!;
        _freezing = null;
        Thaw(FreezeHookReason.Failure, (report, _) => invoke.Fail(
            QmpError.Generic(
                CommandFailure.ErrorOf(failure).Desc + (report.Thawed.Count > 0 ? $"; thawed again: {string.Join(", ", report.Thawed)}" : "")),
            Self));
    }

    private void Thaw(Invoke invoke) => Thaw(FreezeHookReason.Request, (report, failure) =>
    {
        if ((failure ?? report.Failure) is { } cause)
            invoke.Fail(cause, Self);
        else
            invoke.Succeed(QmpValue.Of(report.Count), Self);
    });

    /// <summary>Thaws the guest, lets the domains work again, then calls the hook; however any of it fails, the rest is done.</summary>
    private void Thaw(FreezeHookReason reason, Action<ThawReport, Exception?> tell)
    {
        _state = State.Busy;
        EndTimers();
        ThawReport report = new();
        Step("thawing", () => report = _freezer.Thaw(), CallHook, failure =>
        {
            Log.Error(failure, "thawing failed");
            report.Failure = failure;
            CallHook();
        });

        void CallHook()
        {
            Resume();
            this.CallHook(reason, failure =>
            {
                tell(report, failure);
                Settle(State.Thawed);
            });
        }
    }

    private void CallHook(FreezeHookReason reason, Action<Exception?> done) => Step(
        "running the thaw hook",
        () => _freezer.RunHook(FreezeHookAction.Thaw, reason),
        () => done(null),
        failure =>
        {
            Log.Warning("{0}", failure.Message);
            done(failure);
        });

    private void Resume()
    {
        foreach (var domain in _domains)
            domain.Tell(QuiesceProtocol.Resume.Instance);
    }

    private static Action<ThawReport, Exception?> Answering(IActorRef asker) => (_, _) => asker.Tell(FreezeProtocol.Left.Instance);

    private void TellOfDeadline(ThawReport report, Exception? failure) =>
        Log.Warning("nobody has thawed the guest in time: {0} filesystems were thawed", report.Count);

    /// <summary>At rest again, in one state or the other: whoever waited hears of it.</summary>
    private void Settle(State state)
    {
        _state = state;
        _freezer.End(isFrozen: state == State.Frozen);
        while (_state is State.Thawed or State.Frozen && _waiting.TryDequeue(out var waiting))
        {
            // Only Leave asks by its sender; an Invoke knows its transport.
            if (waiting.Message is FreezeProtocol.Leave)
                Self.Tell(waiting.Message, waiting.Sender);
            else
                Handle(waiting.Message);
        }
    }

    private void Step(string name, Action step, Action done, Action<Exception> failed) => Step(
        name,
        () =>
        {
            step();
            return true;
        },
        _ => done(),
        failed);

    /// <remarks>Every step ends by itself, so it has no limit here.</remarks>
    private void Step<T>(string name, Func<T> step, Action<T> done, Action<Exception> failed) => TryRun(
        new Work(name, touchesNoDisk: true),
        step,
        outcome =>
        {
            if (outcome.Failure is { } failure)
                failed(failure);
            else
                done(outcome.Value!);
        },
        isCleanup: true);
}
