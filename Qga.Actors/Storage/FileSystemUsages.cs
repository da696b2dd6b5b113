using Qga.Platform.Native;
using Qga.Platform.Storage;
using Qga.Platform.Work;

namespace Qga.Actors.Storage;

/// <summary>
/// Asks all filesystems how full they are. Those that can't get stuck (<see cref="MountPoint.IsLocal"/>) are asked by the caller. Of the
/// others one worker goes from mount to mount; where it gets stuck, another goes on, so dead mounts are waited for together. One whose
/// call has not come back yet is not asked again: hosts poll, and each poll would lose a worker to it.
/// </summary>
/// <param name="blocks">Makes the call.</param>
/// <param name="workers">Runs it; has a worker for each mount that may be dead.</param>
/// <param name="time">Measures the limit.</param>
public sealed class FileSystemUsages(IBlockInventory blocks, WorkerPool workers, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    /// <summary>Those that a call has been left alone with. The set is the lock of all who ask.</summary>
    private readonly HashSet<DeviceNumber> _dead = [];

    /// <summary>Asks, while the caller goes on.</summary>
    /// <returns>
    /// Waits for the answers, in the order of the mount points. Null is for one that does not answer, or not within a second of the last
    /// other answer.
    /// </returns>
    public Func<IReadOnlyList<FileSystemUsage?>> Ask(IReadOnlyList<MountPoint> mountPoints)
    {
        var walk = Start([.. mountPoints.Where(mountPoint => !mountPoint.IsLocal)]);
        return () =>
        {
            var others = new Queue<FileSystemUsage?>(walk is null ? [] : Await(walk));
            return [.. mountPoints.Select(mountPoint => mountPoint.IsLocal ? Call(mountPoint) : others.Dequeue())];
        };
    }

    private Walk? Start(IReadOnlyList<MountPoint> mountPoints)
    {
        if (mountPoints.Count == 0)
            return null;
        var walk = new Walk(this, mountPoints);
        if (!walk.TryStart())
            walk.Run();
        return walk;
    }

    private IReadOnlyList<FileSystemUsage?> Await(Walk walk)
    {
        var answered = 0;
        var lastAnswer = time.GetTimestamp();
        while (!TryAwait(walk.End))
        {
            if (walk.Answered != answered)
            {
                answered = walk.Answered;
                lastAnswer = time.GetTimestamp();
            }
            else if (time.GetElapsedTime(lastAnswer) >= Limit)
            {
                walk.Stop();
                break;
            }
            else if (walk.HasMore)
            {
                walk.TryStart();
            }
        }

        return walk.Usages;
    }

    private bool TryAwait(Task end)
    {
        try
        {
            // The caller is a worker: waiting is what it is there for.
            end.WaitAsync(Pace, time).GetAwaiter().GetResult();
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private WorkerPool Workers => workers;

    private FileSystemUsage? Call(MountPoint mountPoint) => blocks.UsageOf(mountPoint);

    /// <summary>One round, which several workers may be on.</summary>
    private sealed class Walk(FileSystemUsages owner, IReadOnlyList<MountPoint> mountPoints)
    {
        private readonly FileSystemUsage?[] _usages = new FileSystemUsage?[mountPoints.Count];
        private readonly HashSet<DeviceNumber> _asking = [];
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _next;
        private int _walkers;
        private int _answered;

        internal IReadOnlyList<FileSystemUsage?> Usages => _usages;

        /// <summary>When everybody has answered.</summary>
        internal Task End => _end.Task;

        internal int Answered => Volatile.Read(ref _answered);

        internal bool HasMore => Volatile.Read(ref _next) < mountPoints.Count;

        /// <returns>False if there is no thread for another walker.</returns>
        internal bool TryStart()
        {
            Interlocked.Increment(ref _walkers);
            if (owner.Workers.TryStartNow(Go, Done) is not null)
                return true;
            Interlocked.Decrement(ref _walkers);
            return false;
        }

        /// <summary>Walks without a worker.</summary>
        internal void Run()
        {
            Interlocked.Increment(ref _walkers);
            Go();
            Done();
        }

        /// <summary>Gives up those that have not answered. Who comes back late leaves it at that.</summary>
        internal void Stop()
        {
            lock (owner._dead)
            {
                Volatile.Write(ref _next, mountPoints.Count);
                owner._dead.UnionWith(_asking);
            }
        }

        private void Go()
        {
            try
            {
                int index;
                while (HasMore && (index = Interlocked.Increment(ref _next) - 1) < mountPoints.Count)
                {
                    _usages[index] = Ask(mountPoints[index]);
                    Interlocked.Increment(ref _answered);
                }
            }
            catch (Exception bug)
            {
                _end.TrySetException(bug);
            }
        }

        private FileSystemUsage? Ask(MountPoint mountPoint)
        {
            lock (owner._dead)
            {
                if (owner._dead.Contains(mountPoint.Device))
                    return null;
                _asking.Add(mountPoint.Device);
            }

            var usage = owner.Call(mountPoint);
            lock (owner._dead)
            {
                _asking.Remove(mountPoint.Device);
                owner._dead.Remove(mountPoint.Device);
            }

            return usage;
        }

        private void Done()
        {
            if (Interlocked.Decrement(ref _walkers) == 0)
                _end.TrySetResult();
        }
    }
}
