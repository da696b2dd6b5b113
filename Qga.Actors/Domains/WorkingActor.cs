using Akka.Actor;
using Akka.Event;
using Qga.Platform.Work;

namespace Qga.Actors.Domains;

/// <summary>An actor whose work runs on workers, each piece against its own limit of time, and comes home as a message.</summary>
public abstract class WorkingActor : UntypedActor, IWithTimers
{
    /// <summary>A piece of work on a worker.</summary>
    protected sealed class Work(string name, bool touchesNoDisk)
    {
        /// <summary>What is being done, for messages.</summary>
        internal string Name => name;

        /// <summary>Whether it changes nothing on a disk.</summary>
        internal bool TouchesNoDisk => touchesNoDisk;

        /// <summary>Whether its limit has passed; the worker counts as stuck until it comes back.</summary>
        internal bool IsOverdue { get; set; }
    }

    private sealed record Finished(Work Work, Action Continue);

    private sealed record Overdue(Work Work, TimeSpan Limit, Action<bool> Continue);

    private readonly WorkerPool _workers;
    private readonly Dictionary<Work, WorkerPool.Job> _running = [];

    protected WorkingActor(WorkerPool workers) => _workers = workers;

    public ITimerScheduler Timers { get; set; } = null!;

    protected ILoggingAdapter Log { get; } = Context.GetLogger();

    /// <summary>What is being done on workers, late or not.</summary>
    protected IEnumerable<Work> Running => _running.Keys;

    protected int StuckWorkers => _workers.Stuck;

    /// <summary>Handles what comes home; the rest is unhandled.</summary>
    protected virtual void Handle(object message)
    {
        switch (message)
        {
            case Finished finished: OnFinished(finished); break;
            case Overdue overdue: OnOverdue(overdue); break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>Runs work on a worker; what follows runs on this actor again.</summary>
    /// <param name="work">The name under which it is known.</param>
    /// <param name="body">What enters the kernel.</param>
    /// <param name="done">Called with the outcome, unless the limit has passed.</param>
    /// <param name="limit">After this <paramref name="overdue"/> is called; null for none.</param>
    /// <param name="overdue">Told whether the work had begun. If it had not, nothing more comes of it.</param>
    /// <param name="late">Called with the outcome when the worker comes back after the limit.</param>
    /// <param name="isCleanup">Whether the work frees what is held, and so is never refused.</param>
    /// <returns>False if too many workers are stuck already.</returns>
    /// <exception cref="Qga.Platform.PlatformException">No worker is to be had, and none can be made.</exception>
    protected bool TryRun<T>(
        Work work,
        Func<T> body,
        Action<Outcome<T>> done,
        TimeSpan? limit = null,
        Action<bool>? overdue = null,
        Action<Outcome<T>>? late = null,
        bool isCleanup = false)
    {
        var self = Self;
        Outcome<T> outcome = default;
        var job = _workers.TryStart(
            () => outcome = Outcome.Of<T>(body),
            () => self.Tell(new Finished(work, () => (work.IsOverdue ? late : done)?.Invoke(outcome))),
            isCleanup,
            work.Name);
        if (job is null)
            return false;

        _running.Add(work, job);
        if (limit is { } time)
            Timers.StartSingleTimer(work, new Overdue(work, time, overdue!), time);
        return true;
    }

    /// <summary>Called after each worker has come back, in time or late, and for work that no worker has begun in time.</summary>
    protected virtual void WorkerReturned()
    {
    }

    private void OnFinished(Finished finished)
    {
        _running.Remove(finished.Work);
        Timers.Cancel(finished.Work);
        if (finished.Work.IsOverdue)
            Log.Warning("{0} has come back from the kernel", finished.Work.Name);
        try
        {
            finished.Continue();
        }
        finally
        {
            WorkerReturned();
        }
    }

    private void OnOverdue(Overdue overdue)
    {
        if (!_running.TryGetValue(overdue.Work, out var job))
            return;

        if (!job.Quarantine())
        {
            _running.Remove(overdue.Work);
            overdue.Continue(false);
            WorkerReturned();
            return;
        }

        overdue.Work.IsOverdue = true;
        Log.Warning(
            "{0} has not finished within {1:0} s; {2} workers are stuck, at {3} new commands are refused",
            overdue.Work.Name,
            overdue.Limit.TotalSeconds,
            _workers.Stuck,
            _workers.MostStuck);
        overdue.Continue(true);
    }
}
