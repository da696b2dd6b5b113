using Akka.Actor;
using Akka.Event;
using Qga.Platform.Work;

namespace Qga.Actors.Domains;

/// <summary>
/// The work of one actor on workers: each piece runs against its own limit of time, and comes home as <see cref="Returned{T}"/>. The actor
/// shows each such message to the bench before it acts on it.
/// </summary>
/// <param name="workers">Run it.</param>
/// <param name="actor">Whose work it is.</param>
/// <param name="self">Where it comes home.</param>
/// <param name="log">Told of what gets stuck.</param>
public sealed class Workbench(WorkerPool workers, IWithTimers actor, IActorRef self, ILoggingAdapter log)
{
    private readonly Dictionary<Work, WorkerPool.Job> _running = [];

    /// <summary>What is being done, late or not.</summary>
    public IReadOnlyCollection<Work> Running => _running.Keys;

    /// <summary>How many workers are stuck, of all actors.</summary>
    public int Stuck => workers.Stuck;

    /// <summary>Has work done on a worker.</summary>
    /// <param name="work">What it is.</param>
    /// <param name="body">What enters the kernel.</param>
    /// <param name="isCleanup">Whether it frees what is held, and so is never refused.</param>
    /// <returns>False if too many workers are stuck already: nothing comes home.</returns>
    /// <exception cref="Qga.Platform.PlatformException">No worker is to be had, and none can be made: nothing comes home.</exception>
    public bool TryStart<T>(Work work, Func<T> body, bool isCleanup = false)
    {
        Returned<T>? returned = null;
        var job = workers.TryStart(() => returned = new Returned<T>(work, Outcome.Of(body)), () => self.Tell(returned!), isCleanup, work.Name);
        if (job is null)
            return false;

        _running.Add(work, job);
        if (work.Limit is { } limit)
            actor.Timers.StartSingleTimer(work, new Overdue(work), limit);
        return true;
    }

    /// <summary>Notes that work has come home.</summary>
    public void Note(Returned returned)
    {
        _running.Remove(returned.Work);
        actor.Timers.Cancel(returned.Work);
        if (returned.Work.IsOverdue)
            log.Warning("{0} has come back from the kernel", returned.Work);
    }

    /// <summary>Notes that the limit of work has passed, and tells the work so.</summary>
    /// <returns>False if it has come home meanwhile.</returns>
    public bool Note(Overdue overdue)
    {
        if (!_running.TryGetValue(overdue.Work, out var job))
            return false;

        if (!job.Quarantine())
        {
            _running.Remove(overdue.Work);
            return true;
        }

        overdue.Work.IsOverdue = true;
        log.Warning(
            "{0} has not finished within {1:0} s; {2} workers are stuck, at {3} new commands are refused",
            overdue.Work,
            overdue.Work.Limit!.Value.TotalSeconds,
            workers.Stuck,
            workers.MostStuck);
        return true;
    }
}
