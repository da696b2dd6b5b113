using System.Runtime.InteropServices;

namespace Qga.Platform.Threads;

/// <summary>
/// The threads that the runtime makes for itself when it first needs them: those of its pool, and those for timers and signals. It
/// can't do without them, and ends the process where the guest has none left; so they are made at the start, and stay. The pool has a
/// fixed number of threads (Qga.Host.csproj), so that it makes no other later.
/// </summary>
public static class RuntimeThreads
{
    /// <summary>Makes them.</summary>
    /// <exception cref="PlatformException">There are no threads left.</exception>
    public static void Prepare()
    {
        ThreadPool.GetMinThreads(out var count, out _);

        // The pool's threads make each other, and so would end the process themselves: whether all can be had is tried before.
        const int Others = 3;
        var attempt = new Meeting(count + Others);
        var threads = new List<OwnThread>();
        try
        {
            while (threads.Count < count + Others)
                threads.Add(OwnThread.Start("attempt", attempt.Attend));
        }
        finally
        {
            attempt.Dissolve();
            threads.ForEach(static thread => thread.Join());
        }

        var pool = new Meeting(count);
        for (var thread = 0; thread < count; thread++)
            ThreadPool.UnsafeQueueUserWorkItem(static meeting => meeting.Attend(), pool, preferLocal: false);
        pool.AwaitAll();

        // Their threads come with the first timer that is due at some time, and the first signal that is handled.
        new Timer(static _ => { }, state: null, TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan).Dispose();
        try
        {
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, static _ => { }).Dispose();
        }
        catch (TypeInitializationException)
        {
            throw OwnThread.Lack();
        }
    }

    /// <summary>Threads that wait for each other.</summary>
    private sealed class Meeting(int missing)
    {
        private readonly object _gate = new();
        private int _missing = missing;

        /// <summary>Waits until all are there.</summary>
        public void Attend()
        {
            lock (_gate)
            {
                _missing--;
                Monitor.PulseAll(_gate);
                AwaitAll();
            }
        }

        public void AwaitAll()
        {
            lock (_gate)
            {
                while (_missing > 0)
                    Monitor.Wait(_gate);
            }
        }

        /// <summary>Lets everybody go, whoever is missing.</summary>
        public void Dissolve()
        {
            lock (_gate)
            {
                _missing = 0;
                Monitor.PulseAll(_gate);
            }
        }
    }
}
