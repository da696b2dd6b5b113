using Akka.Actor;
using Akka.Event;
using Qga.Transport;
using Qga.Transport.Protocol;
using static Qga.Actors.Commands.CommandProtocol;

namespace Qga.Actors.Domains;

/// <summary>
/// What every actor that carries out commands has in common: commands run on workers, each against its deadline, and each gets
/// exactly one answer, whatever fails on the way.
/// </summary>
public abstract class CommandActor : UntypedActor, IWithTimers
{
    private sealed class Run(Invoke invoke)
    {
        internal Invoke Invoke => invoke;

        internal bool IsOverdue { get; set; }
    }

    private sealed record Finished(Run Run, Action Continue);

    private sealed record Overdue(Run Run);

    private readonly WorkerPool _workers;
    private readonly Dictionary<Run, WorkerPool.Job> _running = [];

    protected CommandActor(WorkerPool workers) => _workers = workers;

    public ITimerScheduler Timers { get; set; } = null!;

    protected ILoggingAdapter Log { get; } = Context.GetLogger();

    /// <summary>The command that this actor's worker has not come back from in time; null if there is none.</summary>
    protected string? StuckIn => _running.Keys.FirstOrDefault(run => run.IsOverdue)?.Invoke.Spec.Name;

    protected bool IsRunning => _running.Count > 0;

    /// <remarks>A bug on the way costs the request that met it an error answer; the supervisor then decides about the actor.</remarks>
    protected sealed override void OnReceive(object message)
    {
        try
        {
            Handle(message);
        }
        catch (Exception bug)
        {
            if (message is Invoke invoke)
                invoke.Fail(bug, Self);
            throw;
        }
    }

    /// <summary>Handles the actor's own messages; the rest goes to the base method.</summary>
    protected virtual void Handle(object message)
    {
        switch (message)
        {
            case Finished finished: OnFinished(finished); break;
            case Overdue overdue: OnOverdue(overdue.Run); break;
            case TransportProtocol.Undelivered: break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>Runs a command on a worker; <paramref name="done"/> says what its outcome means, on this actor again.</summary>
    /// <param name="invoke">The command, which is answered here if no worker is to be had.</param>
    /// <param name="work">What enters the kernel.</param>
    /// <param name="done">Called with the outcome; not called once the deadline has passed.</param>
    /// <param name="late">Called instead when the worker comes back after the deadline.</param>
    /// <param name="isCleanup">Whether the work frees what is held, and so is never refused.</param>
    protected void RunOnWorker<T>(
        Invoke invoke, Func<T> work, Action<Outcome<T>> done, Action<Outcome<T>>? late = null, bool isCleanup = false)
    {
        var self = Self;
        var run = new Run(invoke);
        Outcome<T> outcome = default;
        var job = _workers.TryStart(
            () => outcome = Outcome<T>.Of(work),
            () => self.Tell(new Finished(run, () => (run.IsOverdue ? late : done)?.Invoke(outcome))),
            isCleanup);

        if (job is null)
        {
            invoke.Fail(QmpError.Generic(
                $"{invoke.Spec.Name} is refused: {_workers.Stuck} commands are stuck in the kernel, the most that are allowed"), self);
            return;
        }

        _running.Add(run, job);
        if (invoke.Spec.Deadline is { } deadline)
            Timers.StartSingleTimer(run, new Overdue(run), deadline);
    }

    /// <summary>Called after each worker has come back, in time or late.</summary>
    protected virtual void WorkerReturned()
    {
    }

    private void OnFinished(Finished finished)
    {
        _running.Remove(finished.Run);
        Timers.Cancel(finished.Run);
        if (finished.Run.IsOverdue)
            Log.Warning("{0} has come back from the kernel", finished.Run.Invoke.Spec.Name);
        try
        {
            finished.Continue();
        }
        catch (Exception bug)
        {
            finished.Run.Invoke.Fail(bug, Self);
            throw;
        }
        finally
        {
            WorkerReturned();
        }
    }

    private void OnOverdue(Run run)
    {
        if (!_running.TryGetValue(run, out var job))
            return;

        var spec = run.Invoke.Spec;
        var limit = spec.Deadline!.Value.TotalSeconds;
        if (!job.Quarantine())
        {
            _running.Remove(run);
            run.Invoke.Fail(QmpError.Generic($"{spec.Name} has not begun within {limit:0} s: no worker was free"), Self);
            WorkerReturned();
            return;
        }

        run.IsOverdue = true;
        var error = $"{spec.Name} has not finished within {limit:0} s";
        Log.Warning("{0}; {1} workers are stuck, at {2} new commands are refused", error, _workers.Stuck, _workers.MostStuck);
        run.Invoke.Fail(QmpError.Generic(error), Self);
        DeadlinePassed();
    }

    /// <summary>Called when a worker has missed its deadline.</summary>
    protected virtual void DeadlinePassed()
    {
    }
}
