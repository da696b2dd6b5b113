using Akka.Actor;
using Akka.Event;
using Qga.Actors.Commands;
using Qga.Platform;
using Qga.Platform.Work;
using Qga.Transport;
using Qga.Transport.Activity;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Domains;

/// <summary>
/// What every actor that carries out commands has in common: commands run on workers, each against its deadline, and each gets
/// exactly one answer, whatever fails on the way. From <see cref="QuiesceProtocol.Quiesce"/> to <see cref="QuiesceProtocol.Resume"/> only
/// commands that are safe while frozen are carried out.
/// </summary>
public abstract class CommandActor : UntypedActor, IWithTimers
{
    private readonly Workbench _bench;
    private readonly HashSet<IActorRef> _restless = [];
    private IActorRef? _quiescer;

    protected CommandActor(WorkerPool workers) => _bench = new Workbench(workers, this, Self, Log);

    public ITimerScheduler Timers { get; set; } = null!;

    protected ILoggingAdapter Log { get; } = Context.GetLogger();

    protected Gate Gate { get; } = new();

    /// <summary>What is being done on workers, late or not.</summary>
    protected IReadOnlyCollection<Work> Running => _bench.Running;

    /// <summary>The actors that come to rest and resume together with this one.</summary>
    protected virtual IEnumerable<IActorRef> Subordinates => [];

    /// <remarks>A bug on the way costs the request that met it an error answer; the supervisor then decides about the actor.</remarks>
    protected sealed override void OnReceive(object message)
    {
        try
        {
            switch (message)
            {
                case Invoke invoke when Gate.Refusal(invoke.Spec) is { } refusal: invoke.Fail(refusal, Self); break;
                case Returned returned: _bench.Note(returned); Handle(returned); break;
                case Overdue overdue when !_bench.Note(overdue): break;
                default: Handle(message); break;
            }
        }
        catch (Exception bug)
        {
            InvokeOf(message)?.Fail(bug, Self);
            throw;
        }
        finally
        {
            if (message is Returned or Overdue)
                TellWhetherQuiesced();
        }
    }

    /// <summary>Handles the actor's own messages; the rest goes to the base method.</summary>
    protected virtual void Handle(object message)
    {
        switch (message)
        {
            case Returned<IQmpValue> { Work: CommandWork { IsOverdue: false } work } done: work.Invoke.Answer(done.Outcome, Self); break;
            case Overdue { Work: CommandWork work }: AnswerOverdue(work); break;
            case Returned or Overdue or TransportProtocol.Undelivered: break;
            case QuiesceProtocol.Quiesce: Quiesce(Sender); break;
            case QuiesceProtocol.StillRunning running: _quiescer?.Tell(running, Self); break;
            case QuiesceProtocol.Quiesced: OnQuiesced(Sender); break;
            case QuiesceProtocol.Resume: Resume(); break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>
    /// Carries out a command on a worker, if the guest's policy, which may take one to tell, allows it. It comes home as a
    /// <see cref="Returned{T}"/> of <see cref="CommandWork"/>; one of an answer is answered by the base method.
    /// </summary>
    /// <returns>False if no worker is to be had; the command is answered then.</returns>
    protected bool TryRun<T>(Invoke invoke, Func<T> body)
    {
        var name = invoke.Spec.Name;
        try
        {
            if (_bench.TryStart(new CommandWork(invoke), invoke.Permission is { IsOpen: true } open ? OncePermitted(open, body) : body))
                return true;
            invoke.Fail(QmpError.Generic($"{name} is refused: {_bench.Stuck} commands are stuck in the kernel, the most that are allowed"), Self);
        }
        catch (PlatformException lack)
        {
            invoke.Fail(QmpError.Generic($"{name} is refused: {lack.Message}"), Self);
        }

        return false;
    }

    /// <summary>Frees what is held, on a worker: that may get stuck too, and is never refused.</summary>
    protected void Free(Work work, IDisposable held) => _bench.TryStart(
        work,
        () =>
        {
            held.Dispose();
            return held;
        },
        isCleanup: true);

    /// <summary>Takes out the commands that wait for their turn.</summary>
    protected virtual IEnumerable<Invoke> TakeWaiting() => [];

    private static Func<T> OncePermitted<T>(Permission permission, Func<T> body) => () =>
    {
        permission.Settle();
        return body();
    };

    private static Invoke? InvokeOf(object message) => message switch
    {
        Invoke invoke => invoke,
        Returned { Work: CommandWork work } => work.Invoke,
        _ => null,
    };

    private void AnswerOverdue(CommandWork work)
    {
        work.Invoke.Note(RequestResult.Overdue);
        work.Invoke.Fail(
            QmpError.Generic(work.IsOverdue
                ? $"{work} has not finished within {work.Limit!.Value.TotalSeconds:0} s"
                : $"{work} has not begun within {work.Limit!.Value.TotalSeconds:0} s: no worker was free"),
            Self);
    }

    private void Quiesce(IActorRef quiescer)
    {
        _quiescer = quiescer;
        Gate.IsClosed = true;
        foreach (var invoke in TakeWaiting())
            invoke.Fail(Gate.FrozenOut(invoke.Spec), Self);
        foreach (var subordinate in Subordinates)
        {
            _restless.Add(subordinate);
            subordinate.Tell(QuiesceProtocol.Quiesce.Instance);
        }

        if (Running.FirstOrDefault(work => work.HoldsUpFreeze) is { } work)
            quiescer.Tell(new QuiesceProtocol.StillRunning(work.Name));
        TellWhetherQuiesced();
    }

    private void OnQuiesced(IActorRef subordinate)
    {
        _restless.Remove(subordinate);
        TellWhetherQuiesced();
    }

    private void TellWhetherQuiesced()
    {
        if (_quiescer is null || _restless.Count > 0 || Running.Any(work => work.HoldsUpFreeze))
            return;
        _quiescer.Tell(QuiesceProtocol.Quiesced.Instance);
        _quiescer = null;
    }

    private void Resume()
    {
        _quiescer = null;
        _restless.Clear();
        Gate.IsClosed = false;
        foreach (var subordinate in Subordinates)
            subordinate.Tell(QuiesceProtocol.Resume.Instance);
    }
}
