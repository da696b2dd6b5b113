using System.Diagnostics;

namespace Qga.Actors.Domains;

/// <summary>
/// Threads for whatever may get stuck in the kernel. Nothing else runs on them, so a stuck one costs its memory and no more.
/// Once so many are known to be stuck, new work is refused; as many again may run, or be stuck without anybody knowing yet.
/// </summary>
public sealed class WorkerPool(int mostStuck)
{
    private const int StackSize = 256 * 1024;
    private const int IdleKept = 2;

    private readonly Lock _gate = new();
    private readonly Queue<Job> _waiting = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly HashSet<Job> _stuck = [];
    private int _threads;
    private int _idle;

    /// <summary>How many workers have been in their command for longer than it may take.</summary>
    public int Stuck
    {
        get
        {
            lock (_gate)
                return _stuck.Count;
        }
    }

    /// <summary>What those workers are at.</summary>
    public IReadOnlyList<Job> StuckJobs
    {
        get
        {
            lock (_gate)
                return [.. _stuck];
        }
    }

    public int MostStuck => mostStuck;

    // As many again as may be stuck: work waits for a healthy thread only where that many commands run at once.
    private int MostThreads => 2 * mostStuck;

    /// <summary>Runs <paramref name="work"/> on a worker, soon, and then <paramref name="done"/>; neither may throw.</summary>
    /// <param name="work">What may get stuck.</param>
    /// <param name="done">Runs when the worker is accounted for as free again.</param>
    /// <param name="isCleanup">Whether it frees what others hold, and so is never refused.</param>
    /// <param name="name">What the work is, for whoever asks what is stuck.</param>
    /// <returns>The job, to call stuck if need be; null if too many workers are stuck already.</returns>
    public Job? TryStart(Action work, Action done, bool isCleanup = false, string name = "a call to the kernel")
    {
        var job = new Job(this, work, done, name);
        lock (_gate)
        {
            if (_stuck.Count >= mostStuck && !isCleanup)
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
        private readonly Action _done;
        private readonly long _planned = Stopwatch.GetTimestamp();
        private Stage _stage;

        internal Job(WorkerPool pool, Action work, Action done, string name) => (_pool, _work, _done, Name) = (pool, work, done, name);

        /// <summary>What the work is.</summary>
        public string Name { get; }

        /// <summary>How long ago it was asked for.</summary>
        public TimeSpan Age => Stopwatch.GetElapsedTime(_planned);

        private enum Stage
        {
            Waiting,
            Running,
            Stuck,
            Done,
        }

        /// <summary>Counts the worker as stuck until the work comes back.</summary>
        /// <returns>False if no worker had begun the work; it is taken back then, and nothing of it is ever called.</returns>
        public bool Quarantine()
        {
            lock (_pool._gate)
            {
                if (_stage == Stage.Waiting)
                {
                    _stage = Stage.Done;
                    return false;
                }

                if (_stage == Stage.Running)
                {
                    _stage = Stage.Stuck;
                    _pool._stuck.Add(this);
                }

                return true;
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
                    _pool._stuck.Remove(this);
                _stage = Stage.Done;
            }

            _done();
        }
    }
}
