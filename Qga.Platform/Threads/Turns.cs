using System.Diagnostics;

namespace Qga.Platform.Threads;

/// <summary>
/// What follows from an event or a finished call is done right here, by the thread that brought it: waking another costs the guest an
/// interrupt between processors. A turn that takes long leaves the rest to the runtime's pool.
/// </summary>
public static class Turns
{
    /// <summary>For so long a thread may be kept from the events that it waits for.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(1);

    [ThreadStatic]
    private static Queue<IThreadPoolWorkItem>? _following;

    [ThreadStatic]
    private static bool _isOn;

    /// <summary>Does something that has just become due, and then all that follows from it.</summary>
    public static void Take<T>(T state, Action<T> due)
    {
        if (_isOn)
        {
            due(state);
            return;
        }

        var following = _following ??= new Queue<IThreadPoolWorkItem>();
        _isOn = true;
        due(state);
        var begin = Stopwatch.GetTimestamp();
        while (following.TryDequeue(out var next))
        {
            if (Stopwatch.GetElapsedTime(begin) < Longest)
                next.Execute();
            else
                ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
        }

        _isOn = false;
    }

    /// <summary>Does something in the turn of this thread, or if it has none, on a thread of the pool.</summary>
    public static void Follow(IThreadPoolWorkItem next)
    {
        if (_isOn)
            _following!.Enqueue(next);
        else
            ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
    }
}
