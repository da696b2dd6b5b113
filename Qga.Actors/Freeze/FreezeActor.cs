using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;
using Qga.Actors.Commands;
using Qga.Actors.Domains;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Work;
using Qga.Transport;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;
using static Qga.Actors.Freeze.FreezeProtocol;

namespace Qga.Actors.Freeze;

/// <summary>
/// The freeze domain: takes the guest into the freeze and out again. Its behaviours are the states of docs/freeze.md, and each step of
/// <see cref="FreezeSteps"/> comes home as a message of <see cref="FreezeStep"/>. While a step is on its way, whoever asks waits for the end
/// of that and then hears the truth.
/// </summary>
public sealed class FreezeActor : UntypedActor, IWithTimers, IWithUnboundedStash
{
    /// <summary>How long the domains may take to come to rest.</summary>
    public static readonly TimeSpan QuiesceTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How soon somebody else's thaw is noticed, and a deadline that has passed while the guest was suspended.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private sealed record DomainsRestless
    {
        internal static readonly DomainsRestless Instance = new();
    }

    private sealed record DeadlineOver
    {
        internal static readonly DeadlineOver Instance = new();
    }

    /// <summary>Time to look whether the freeze is still ours.</summary>
    private sealed record LookTick
    {
        internal static readonly LookTick Instance = new();
    }

    /// <param name="Guardian">Its end, which tells it from others.</param>
    /// <param name="Thawed">How many filesystems it has thawed; null if it has thawed nothing.</param>
    private sealed record GuardianEnded(Task<int?> Guardian, int? Thawed);

    /// <summary>Why the guest is being thawed.</summary>
    private sealed record Thaw(FreezeHookReason Reason)
    {
        /// <summary>The command that is answered at the end.</summary>
        internal Invoke? Asker { get; init; }

        /// <summary>Who ends the agent then.</summary>
        internal IActorRef? Ender { get; init; }

        /// <summary>How the freeze has failed that is undone.</summary>
        internal Exception? Cause { get; init; }
    }

    private readonly FreezeSteps _steps;
    private readonly FreezeView _view;
    private readonly IReadOnlyList<IActorRef> _domains;
    private readonly WorkerPool _workers;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<IActorRef, string?> _restless = [];

    private string _state = nameof(Thawed);
    private Invoke? _freezing;
    private FreezeRequest? _request;
    private Thaw? _thaw;
    private ThawReport _report = new();
    private Invoke? _asker;

    private FreezeActor(FreezeSteps steps, FreezeView view, IReadOnlyList<IActorRef> domains, WorkerPool workers) =>
        (_steps, _view, _domains, _workers) = (steps, view, domains, workers);

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    /// <param name="steps">What is done.</param>
    /// <param name="view">Where others read of the freeze.</param>
    /// <param name="domains">Who comes to rest before a freeze.</param>
    /// <param name="workers">Threads for nothing but freezing and thawing, so that a thaw never waits for a stuck command.</param>
    public static Props Props(FreezeSteps steps, FreezeView view, IReadOnlyList<IActorRef> domains, WorkerPool workers) =>
        ActorFactory.Props(() => new FreezeActor(steps, view, domains, workers));

    protected override void PreStart()
    {
        if (!_steps.StartsFrozen)
            return;
        Become(TakingOver);
        _state = nameof(TakingOver);
        Start("taking over the freeze", () =>
        {
            _steps.TakeOver();
            return new FreezeStep.TakenOver();
        });
    }

    /// <remarks>A bug costs the request that met it an error answer; the supervisor then decides about the actor.</remarks>
    protected override bool AroundReceive(Receive receive, object message)
    {
        try
        {
            return base.AroundReceive(receive, message);
        }
        catch (Exception bug)
        {
            (message as Invoke)?.Fail(bug, Self);
            throw;
        }
    }

    protected override void OnReceive(object message) => Thawed(message);

    // The states. ------------------------------------------------------------------------------------------------------------------

    private void Thawed(object message)
    {
        switch (message)
        {
            case Invoke { Command: GuestFsFreezeStatus } invoke: invoke.Succeed(QmpValue.Of("thawed"), Self); break;
            case Invoke { Command: GuestFsFreezeFreeze freeze } invoke: Prepare(invoke, freeze); break;
            case Invoke { Command: GuestFsFreezeThaw } invoke: StartThaw(new Thaw(FreezeHookReason.Request) { Asker = invoke }, invoke); break;
            case End: LetEnd(Sender); break;
            case Reconfigure reconfigure: _steps.Exclusions = reconfigure.Exclusions; break;
            default: IgnoreLate(message); break;
        }
    }

    private void Preparing(object message)
    {
        switch (message)
        {
            case FreezeStep.Prepared prepared: Open(prepared); break;
            case FreezeStep.Failed { Cause: FreezeHookException { WasKilled: true } } failed: UndoHook(failed); break;
            case FreezeStep.Failed failed: Refuse(failed); break;
            default: Wait(message); break;
        }
    }

    private void Opening(object message)
    {
        switch (message)
        {
            case FreezeStep.Opened opened: Quiesce(opened); break;
            case FreezeStep.Failed failed: Abandon(failed.Cause, failed); break;
            default: Wait(message); break;
        }
    }

    private void Quiescing(object message)
    {
        switch (message)
        {
            case QuiesceProtocol.StillRunning running: _restless[Sender] = running.Command; break;
            case QuiesceProtocol.Quiesced quiesced: OnQuiesced(quiesced); break;
            case DomainsRestless restless: OnRestless(restless); break;
            default: Wait(message); break;
        }
    }

    private void Freezing(object message)
    {
        switch (message)
        {
            case FreezeStep.Froze { Count: 0 } froze: Resume(); AnswerFreeze(froze); Settle(Thawed, FreezeFacts.OfThawed, froze); break;
            case FreezeStep.Froze froze: AnswerFreeze(froze); EnterFrozen(froze); break;
            case FreezeStep.Failed failed: Abandon(failed.Cause, failed); break;
            default: Wait(message); break;
        }
    }

    private void Frozen(object message)
    {
        switch (message)
        {
            case Invoke { Command: GuestFsFreezeStatus } or DeadlineOver or LookTick: Look(message); break;
            case GuardianEnded ended when ended.Guardian == _steps.GuardianEnded: Look(message); break;
            case Invoke { Command: GuestFsFreezeFreeze } invoke: invoke.Fail(Gate.FrozenOut(invoke.Spec), Self); break;
            case Invoke { Command: GuestFsFreezeThaw } invoke: StartThaw(new Thaw(FreezeHookReason.Request) { Asker = invoke }, invoke); break;
            case End { WhileFrozen: WhileFrozen.Stay }: Sender.Tell(StaysFrozen.Instance); break;
            case End { WhileFrozen: WhileFrozen.HandOver }: LetEnd(Sender); break;
            case End end: StartThaw(new Thaw(FreezeHookReason.Exit) { Ender = Sender }, end); break;
            case Reconfigure reconfigure: _steps.Exclusions = reconfigure.Exclusions; break;
            default: IgnoreLate(message); break;
        }
    }

    /// <summary>
    /// Frozen, and about to know whether the freeze is still ours. The look ends within <see cref="FreezeSteps.ThawLimit"/>, as long as the
    /// guest has a thread for it. A guardian that has thawed the guest and could not remove the marker has left the rest to us.
    /// </summary>
    private void Looking(object message)
    {
        switch (message)
        {
            case FreezeStep.Looked { IsOurs: false } looked: Forget(looked); break;
            case FreezeStep.Looked looked when _steps.Remaining == TimeSpan.Zero: ThawAtDeadline(looked); break;
            case FreezeStep.Looked { For: GuardianEnded { Thawed: not null } } looked: ThawAtDeadline(looked); break;
            case FreezeStep.Looked { For: GuardianEnded } looked: Guard(looked); break;
            case FreezeStep.Looked looked: StayFrozen(looked); break;
            default: Wait(message); break;
        }
    }

    private void Guarding(object message)
    {
        switch (message)
        {
            case FreezeStep.Guarded: WatchGuardian(); Settle(Frozen, OfFrozen(), message); break;
            case FreezeStep.Failed failed: Log(failed); Settle(Frozen, OfFrozen(), failed); break;
            default: Wait(message); break;
        }
    }

    private void TakingOver(object message)
    {
        switch (message)
        {
            case FreezeStep.TakenOver: EnterFrozen(message); break;
            case FreezeStep.Failed failed: Log(failed); EnterFrozen(failed); break;
            default: Wait(message); break;
        }
    }

    private void Thawing(object message)
    {
        switch (message)
        {
            case FreezeStep.Thawed thawed: OnThawed(thawed.Report, thawed); break;
            case FreezeStep.Failed failed: Log(failed); OnThawed(new ThawReport { Failure = failed.Cause }, failed); break;
            default: Wait(message); break;
        }
    }

    private void RunningHook(object message)
    {
        switch (message)
        {
            case FreezeStep.HookRan: Conclude(hookFailure: null, message); break;
            case FreezeStep.Failed failed: _log.Warning("{0}", failed.Cause.Message); Conclude(failed.Cause, failed); break;
            default: Wait(message); break;
        }
    }

    /// <summary>Somebody else has thawed the guest, and called the hook or does without.</summary>
    private void Forgetting(object message)
    {
        switch (message)
        {
            case FreezeStep.Forgotten: LeaveForgotten(message); break;
            case FreezeStep.Failed failed: Log(failed); LeaveForgotten(failed); break;
            default: Wait(message); break;
        }
    }

    // What leads from one to another. ------------------------------------------------------------------------------------------------

    private void Prepare(Invoke invoke, GuestFsFreezeFreeze freeze)
    {
        if (!_view.TryBegin())
        {
            invoke.Fail(new FreezeException("failed to freeze: the agent is ending"), Self);
            return;
        }

        _freezing = invoke;
        Enter(Preparing, invoke);
        Start("preparing the freeze", () =>
        {
            var request = freeze.RequestWithin(_steps.Timeout, isMost: invoke.Permission is { IsEnforced: true }) with
            {
                Asker = new(invoke.Spec.Name, invoke.Channel, invoke.Peer),
            };
            _steps.Prepare(request);
            return new FreezeStep.Prepared(request);
        });
    }

    private void Open(FreezeStep.Prepared prepared)
    {
        Change(Opening, prepared);
        Start("opening the mount points", () =>
        {
            _steps.Open(prepared.Request);
            return new FreezeStep.Opened(prepared.Request);
        });
    }

    private void Quiesce(FreezeStep.Opened opened)
    {
        _request = opened.Request;
        Change(Quiescing, opened);
        foreach (var domain in _domains)
        {
            _restless[domain] = null;
            domain.Tell(QuiesceProtocol.Quiesce.Instance);
        }

        Timers.StartSingleTimer(DomainsRestless.Instance, DomainsRestless.Instance, QuiesceTimeout);
    }

    private void OnQuiesced(QuiesceProtocol.Quiesced quiesced)
    {
        _restless.Remove(Sender);
        if (_restless.Count > 0)
            return;

        Timers.Cancel(DomainsRestless.Instance);
        Change(Freezing, quiesced);
        var request = _request!;
        Start("freezing", () => new FreezeStep.Froze(_steps.Freeze(request)));
    }

    private void OnRestless(DomainsRestless restless)
    {
        var what = string.Join(", ", _restless.Select(domain => domain.Value ?? domain.Key.Path.Name));
        _restless.Clear();
        Abandon(new FreezeException($"failed to freeze: {what} has not come to rest within {QuiesceTimeout.TotalSeconds:0} s"), restless);
    }

    private void AnswerFreeze(FreezeStep.Froze froze)
    {
        _freezing!.Succeed(QmpValue.Of(froze.Count), Self);
        _freezing = null;
    }

    /// <summary>The freeze fails before anything was done; a hook that has failed has undone what it did.</summary>
    private void Refuse(FreezeStep.Failed failed)
    {
        _freezing!.Fail(failed.Cause, Self);
        _freezing = null;
        Settle(Thawed, FreezeFacts.OfThawed, failed);
    }

    /// <summary>A hook that was ended could undo nothing.</summary>
    private void UndoHook(FreezeStep.Failed failed)
    {
        (_thaw, _report) = (TakeFailed(failed.Cause), new ThawReport());
        RunHook(failed);
    }

    /// <summary>The freeze fails: whatever it did is undone.</summary>
    private void Abandon(Exception cause, object on) => StartThaw(TakeFailed(cause), on);

    private Thaw TakeFailed(Exception cause)
    {
        var thaw = new Thaw(FreezeHookReason.Failure) { Asker = _freezing, Cause = cause };
        _freezing = null;
        return thaw;
    }

    private void EnterFrozen(object on)
    {
        Timers.StartPeriodicTimer(LookTick.Instance, LookTick.Instance, LookInterval);
        AwaitDeadline();
        WatchGuardian();
        Settle(Frozen, OfFrozen(), on);
    }

    private FreezeFacts OfFrozen() => new(_steps.Span, IsChanging: false);

    private void AwaitDeadline()
    {
        if (_steps.Remaining is { } remaining)
            Timers.StartSingleTimer(DeadlineOver.Instance, DeadlineOver.Instance, remaining);
    }

    private void WatchGuardian()
    {
        if (_steps.GuardianEnded is { } ended)
            ended.PipeTo(Self, success: thawed => new GuardianEnded(ended, thawed), failure: _ => new GuardianEnded(ended, Thawed: null));
    }

    private void Look(object message)
    {
        Enter(Looking, message);
        Start("looking for the frozen marker", () =>
        {
            // What can't be told is taken for ours.
            var isOurs = Outcome.Of(_steps.IsStillOurs);
            return new FreezeStep.Looked(isOurs.Value || isOurs.Failure is not null, message);
        });
    }

    private void StayFrozen(FreezeStep.Looked looked)
    {
        (looked.For as Invoke)?.Succeed(QmpValue.Of("frozen"), Self);

        // It may be that of an earlier freeze, which waited behind the commands that ended that one and began this one.
        if (looked.For is DeadlineOver)
            AwaitDeadline();
        Enter(Frozen, looked);
        Stash.UnstashAll();
    }

    private void Guard(FreezeStep.Looked looked)
    {
        _log.Warning("the freeze guardian has ended: another is started");
        Enter(Guarding, looked);
        Start("starting a freeze guardian", () =>
        {
            _steps.Guard();
            return new FreezeStep.Guarded();
        });
    }

    private void Forget(FreezeStep.Looked looked)
    {
        var isOver = _steps.Remaining == TimeSpan.Zero;
        var thawed = _steps.GuardianEnded is { IsCompletedSuccessfully: true, Result: { } count }
            ? $"its guardian has thawed {count} filesystems"
            : null;
        _log.Warning("{0}", (isOver, thawed) switch
        {
            (true, not null) => $"nobody has thawed the guest in time: {thawed}",
            (false, not null) => $"the freeze is over: {thawed}",
            _ => "the freeze is over: somebody else has ended it",
        });
        _asker = looked.For as Invoke;
        EndTimers();
        Change(Forgetting, looked);
        Start("leaving the freeze", () =>
        {
            _steps.Forget();
            return new FreezeStep.Forgotten();
        });
    }

    private void LeaveForgotten(object on)
    {
        Resume();
        _asker?.Succeed(QmpValue.Of("thawed"), Self);
        _asker = null;
        Settle(Thawed, FreezeFacts.OfThawed, on);
    }

    private void ThawAtDeadline(FreezeStep.Looked looked) =>
        StartThaw(new Thaw(FreezeHookReason.Deadline) { Asker = looked.For as Invoke }, looked);

    /// <summary>Thaws the guest, lets the domains work again, then calls the hook; however any of it fails, the rest is done.</summary>
    private void StartThaw(Thaw thaw, object on)
    {
        _thaw = thaw;
        EndTimers();
        Change(Thawing, on);
        Start("thawing", () => new FreezeStep.Thawed(_steps.Thaw(EnderOf(thaw), thaw.Asker?.Peer, thaw.Cause?.Message, thaw.Asker?.Channel)));
    }

    private static FreezeEnder EnderOf(Thaw thaw) => thaw.Reason switch
    {
        FreezeHookReason.Request when thaw.Asker is { Channel: FreezeAsker.RootsChannel } => FreezeEnder.Root,
        FreezeHookReason.Request => FreezeEnder.Host,
        FreezeHookReason.Failure => FreezeEnder.Failure,
        FreezeHookReason.Deadline => FreezeEnder.Deadline,
        _ => FreezeEnder.Exit,
    };

    private void OnThawed(ThawReport report, object on)
    {
        _report = report;
        Resume();
        RunHook(on);
    }

    private void RunHook(object on)
    {
        var reason = _thaw!.Reason;
        Change(RunningHook, on);
        Start("running the thaw hook", () =>
        {
            _steps.RunHook(FreezeHookAction.Thaw, reason);
            return new FreezeStep.HookRan();
        });
    }

    private void Conclude(Exception? hookFailure, object on)
    {
        Tell(_thaw!, hookFailure);
        _thaw = null;
        Settle(Thawed, FreezeFacts.OfThawed, on);
    }

    /// <summary>Tells whoever is to hear of it that the guest is thawed.</summary>
    private void Tell(Thaw thaw, Exception? hookFailure)
    {
        switch (thaw.Reason)
        {
            case FreezeHookReason.Exit:
                LetEnd(thaw.Ender!);
                break;
            case FreezeHookReason.Failure:
                var again = _report.Thawed.Count > 0 ? $"; thawed again: {string.Join(", ", _report.Thawed)}" : "";
                thaw.Asker!.Fail(QmpError.Generic(CommandFailure.ErrorOf(thaw.Cause!).Desc + again), Self);
                break;
            case FreezeHookReason.Deadline:
                _log.Warning("nobody has thawed the guest in time: {0} filesystems were thawed", _report.Count);
                thaw.Asker?.Succeed(QmpValue.Of("thawed"), Self);
                break;
            default:
                if ((hookFailure ?? _report.Failure) is { } failure)
                    thaw.Asker!.Fail(failure, Self);
                else
                    thaw.Asker!.Succeed(QmpValue.Of(_report.Count), Self);
                break;
        }
    }

    /// <summary>A step that fails where nothing should is a bug.</summary>
    private void Log(FreezeStep.Failed failed) => _log.Error(failed.Cause, "{0} failed", failed.Step);

    private void LetEnd(IActorRef ender)
    {
        _view.End();
        ender.Tell(MayEnd.Instance);
    }

    private void Resume()
    {
        foreach (var domain in _domains)
            domain.Tell(QuiesceProtocol.Resume.Instance);
    }

    private void EndTimers()
    {
        Timers.Cancel(DeadlineOver.Instance);
        Timers.Cancel(LookTick.Instance);
    }

    /// <summary>Between two states: what matters later waits.</summary>
    private void Wait(object message)
    {
        if (message is Invoke or End or DeadlineOver or GuardianEnded or Reconfigure)
            Stash.Stash();
        else
            IgnoreLate(message);
    }

    /// <summary>What belongs to a freeze that is over, or to a moment that has passed.</summary>
    private void IgnoreLate(object message)
    {
        if (message is not (DeadlineOver or GuardianEnded or LookTick or DomainsRestless or QuiesceProtocol.StillRunning or QuiesceProtocol.Quiesced))
            Unhandled(message);
    }

    /// <summary>On the way from thawed to frozen or back.</summary>
    private void Change(UntypedReceive state, object on, [CallerArgumentExpression(nameof(state))] string name = "")
    {
        _view.Facts = _view.Facts with { IsChanging = true };
        Enter(state, on, name);
    }

    /// <summary>At rest again: the world may know, and whoever waited hears of it.</summary>
    private void Settle(UntypedReceive state, FreezeFacts facts, object on, [CallerArgumentExpression(nameof(state))] string name = "")
    {
        Enter(state, on, name);
        _view.Facts = facts;
        Stash.UnstashAll();
    }

    private void Enter(UntypedReceive state, object on, [CallerArgumentExpression(nameof(state))] string name = "")
    {
        Become(state);
        Context.System.EventStream.Publish(new Transition(_state, NameOf(on), name));
        _state = name;
    }

    private static string NameOf(object message) => message switch
    {
        Invoke invoke => invoke.Spec.Name,
        _ => message.GetType().Name,
    };

    /// <summary>Starts a step on a worker. Every step ends by itself, so it has no limit here.</summary>
    private void Start(string name, Func<object> step)
    {
        var self = Self;
        object message = name;
        _workers.TryStart(
            () =>
            {
                var outcome = Outcome.Of(step);
                message = outcome.Value ?? new FreezeStep.Failed(name, outcome.Failure!);
            },
            () => self.Tell(message),
            isCleanup: true,
            name);
    }
}
