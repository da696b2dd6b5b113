using System.Diagnostics;
using Qga.Platform.Threads;

namespace Qga.Platform.Work;

/// <summary>
/// Threads for whatever may get stuck in the kernel. Nothing else runs on them, so a stuck one costs its memory and no more.
/// Once so many are known to be stuck, new work is refused; as many again may run, or be stuck without anybody knowing yet.
/// Where the guest has no thread for us, work waits for those that are there.
/// </summary>
/// <param name="mostStuck">From how many stuck workers on new work is refused.</param>
/// <param name="sparesSwitches">
/// Whether a thread that asks for work in its turn does it itself, if it can be spared (see <see cref="Turns"/>).
/// </param>
public sealed class WorkerPool(int mostStuck, bool sparesSwitches = false)
{
    /// <summary>For a pool that never refuses work.</summary>
    public const int Unlimited = int.MaxValue / 2;

    /// <summary>One for a command, and one for a bounded call that it makes.</summary>
    private const int IdleKept = 2;

    private const string DefaultName = "a call to the kernel";

    // Its monitor, unlike a semaphore of the runtime, does not spin before it sleeps.
    private readonly object _gate = new();
    private readonly Queue<Job> _waiting = new();
    private readonly HashSet<Job> _stuck = [];
    private int _threads;

    /// <summary>Threads that take the next work at once.</summary>
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

    /// <summary>Makes the workers that are kept, so that there are some whatever the guest runs out of later.</summary>
    /// <exception cref="PlatformException">There are no threads left.</exception>
    public void Prepare()
    {
        lock (_gate)
        {
            while (_threads < IdleKept)
                AddThread();
        }
    }

    /// <summary>Runs <paramref name="work"/> on a worker, soon, and then <paramref name="done"/>; neither may throw.</summary>
    /// <param name="work">What may get stuck.</param>
    /// <param name="done">Runs when the worker is accounted for as free again.</param>
    /// <param name="isCleanup">Whether it frees what others hold, and so is never refused.</param>
    /// <param name="name">What the work is, for whoever asks what is stuck.</param>
    /// <returns>The job, to call stuck if need be; null if too many workers are stuck already.</returns>
    /// <exception cref="PlatformException">All workers are stuck, and there are no threads left: nothing of the work is ever called.</exception>
    public Job? TryStart(Action work, Action done, bool isCleanup = false, string name = DefaultName)
    {
        lock (_gate)
        {
            if (_stuck.Count >= mostStuck && !isCleanup)
                return null;
            if (sparesSwitches && TryKeep(work, done, name) is { } kept)
                return kept;

            try
            {
                ProvideThread();
            }
            catch (PlatformException) when (isCleanup || _threads > _stuck.Count)
            {
                // It waits for one that is there.
            }

            return Enqueue(work, done, name);
        }
    }

    /// <summary>
    /// As <see cref="TryStart"/>, for work that a worker waits for: it waits for none, which might be the one that waits.
    /// </summary>
    /// <returns>Null if no worker is free, and none can be made: nothing of the work is ever called.</returns>
    public Job? TryStartNow(Action work, Action done, string name = DefaultName)
    {
        lock (_gate)
        {
            try
            {
                ProvideThread();
            }
            catch (PlatformException)
            {
                return null;
            }

            return _idle > _waiting.Count ? Enqueue(work, done, name) : null;
        }
    }

    private Job? TryKeep(Action work, Action done, string name)
    {
        var job = new Job(this, work, done, name);
        return Turns.TryKeep(job) ? job : null;
    }

    /// <summary>Sees to it that there is a thread for one more job, unless there are as many as there may be.</summary>
    private void ProvideThread()
    {
        if (_idle <= _waiting.Count && _threads < MostThreads)
            AddThread();
    }

    private void AddThread()
    {
        OwnThread.Start("worker", Run);
        _threads++;
        _idle++;
    }

    private Job Enqueue(Action work, Action done, string name)
    {
        var job = new Job(this, work, done, name);
        _waiting.Enqueue(job);
        Monitor.Pulse(_gate);
        return job;
    }

    private void Run()
    {
        while (true)
        {
            Job job;
            lock (_gate)
            {
                while (_waiting.Count == 0)
                    Monitor.Wait(_gate);
                job = _waiting.Dequeue();
                _idle--;
            }

            job.Run();

            lock (_gate)
            {
                if (_idle > IdleKept && _waiting.Count == 0)
                {
                    _threads--;
                    _idle--;
                    return;
                }
            }
        }
    }

    /// <summary>One piece of work.</summary>
    public sealed class Job : IKeptWork
    {
        private readonly WorkerPool _pool;
        private readonly Action _work;
        private readonly Action _done;
        private readonly long _planned = Stopwatch.GetTimestamp();
        private Stage _stage;
        private bool _isTakenBack;

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

        void IKeptWork.Work()
        {
            lock (_pool._gate)
            {
                if (_stage != Stage.Waiting)
                {
                    _isTakenBack = true;
                    return;
                }

                _stage = Stage.Running;
            }

            _work();
            lock (_pool._gate)
            {
                if (_stage == Stage.Stuck)
                    _pool._stuck.Remove(this);
                _stage = Stage.Done;
            }
        }

        void IKeptWork.Done()
        {
            if (!_isTakenBack)
                _done();
        }

        internal void Run()
        {
            lock (_pool._gate)
            {
                if (_stage != Stage.Waiting)
                {
                    _pool._idle++;
                    return;
                }

                _stage = Stage.Running;
            }

            _work();

            // Whoever hears that it is done may have the next work for this very worker.
            bool wasStuck;
            lock (_pool._gate)
            {
                wasStuck = _stage == Stage.Stuck;
                _stage = Stage.Done;
                if (wasStuck)
                    _pool._stuck.Remove(this);
                else
                    _pool._idle++;
            }

            Turns.Take(_done, static done => done());

            // What follows a call that came back late may get stuck too.
            if (wasStuck)
            {
                lock (_pool._gate)
                    _pool._idle++;
            }
        }
    }
}
