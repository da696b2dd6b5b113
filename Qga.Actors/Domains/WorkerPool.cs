namespace Qga.Actors.Domains;

/// <summary>
/// Threads for whatever may get stuck in the kernel. Nothing else runs on them, so a stuck one costs its memory and no more.
/// The number of threads is bounded; so is, more tightly, the number of those that may be stuck before new work is refused.
/// </summary>
public sealed class WorkerPool(int mostStuck)
{
    private const int StackSize = 256 * 1024;
    private const int IdleKept = 2;

    private readonly Lock _gate = new();
    private readonly Queue<Job> _waiting = new();
    private readonly SemaphoreSlim _work = new(0);
    private int _threads;
    private int _idle;
    private int _stuck;

    /// <summary>How many workers have been in their command for longer than it may take.</summary>
    public int Stuck => Volatile.Read(ref _stuck);

    public int MostStuck => mostStuck;

    // As many again as may be stuck: work waits for a healthy thread only where that many commands run at once.
    private int MostThreads => 2 * mostStuck;

    /// <summary>Runs <paramref name="work"/>, which must not throw, on a worker, soon.</summary>
    /// <returns>The job, to call stuck if need be; null if too many workers are stuck already.</returns>
    public Job? TryStart(Action work)
    {
        var job = new Job(this, work);
        lock (_gate)
        {
            if (_stuck >= mostStuck)
                return null;

            _waiting.Enqueue(job);
            if (_idle >= _waiting.Count || _threads == MostThreads)
            {
                _work.Release();
                return job;
            }

            _threads++;
        }

        _work.Release();
        new Thread(Run, StackSize) { IsBackground = true, Name = "worker" }.Start();
        return job;
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
                _idle++;
            _work.Wait();
            Job? job;
            lock (_gate)
            {
                _idle--;
                _waiting.TryDequeue(out job);
            }

            job?.Run();

            lock (_gate)
            {
                if (_idle >= IdleKept && _waiting.Count == 0)
                {
                    _threads--;
                    return;
                }
            }
        }
    }

    /// <summary>One piece of work.</summary>
    public sealed class Job
    {
        private readonly WorkerPool _pool;
        private readonly Action _work;
        private Stage _stage;

        internal Job(WorkerPool pool, Action work) => (_pool, _work) = (pool, work);

        private enum Stage
        {
            Waiting,
            Running,
            Stuck,
            Done,
        }

        /// <summary>Counts the worker as stuck until the work comes back; work that no worker has begun yet is taken back.</summary>
        public void Quarantine()
        {
            lock (_pool._gate)
            {
                if (_stage == Stage.Running)
                    _pool._stuck++;
                _stage = _stage switch
                {
                    Stage.Waiting => Stage.Done,
                    Stage.Running => Stage.Stuck,
                    var other => other,
                };
            }
        }

        internal void Run()
        {
            lock (_pool._gate)
            {
                if (_stage != Stage.Waiting)
                    return;
                _stage = Stage.Running;
            }

            _work();

            lock (_pool._gate)
            {
                if (_stage == Stage.Stuck)
                    _pool._stuck--;
                _stage = Stage.Done;
            }
        }
    }
}
