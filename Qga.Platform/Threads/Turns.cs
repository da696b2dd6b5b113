using System.Diagnostics;

namespace Qga.Platform.Threads;

/// <summary>
/// What follows from an event or a finished call is done right here, by the thread that brought it: waking another costs the guest an
/// interrupt between processors. A turn that takes long leaves the rest to the runtime's pool. A thread that can be spared afterwards may
/// also do what could get stuck.
/// </summary>
public static class Turns
{
    /// <summary>For so long a thread may be kept from the events that it waits for.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(1);

    [ThreadStatic]
    private static Queue<IThreadPoolWorkItem>? _following;

    [ThreadStatic]
    private static bool _isOn;

    /// <summary>How many threads that take turns for good can be spared: all but one.</summary>
    private static int _spare = -1;

    [ThreadStatic]
    private static bool _isRegular;

    [ThreadStatic]
    private static IKeptWork? _kept;

    /// <summary>Does something that has just become due, and then all that follows from it.</summary>
    public static void Take<T>(T state, Action<T> due) => Take(state, due, Longest);

    /// <summary>As the other, with a limit of its own in place of the millisecond.</summary>
    internal static void Take<T>(T state, Action<T> due, TimeSpan longest)
    {
        if (_isOn)
        {
            due(state);
            return;
        }

        _isOn = true;
        due(state);
        DoWhatFollows(longest);
        while (_kept is { } kept)
        {
            _isOn = false;
            _kept = null;
            kept.Work();
            Interlocked.Increment(ref _spare);
            _isOn = true;
            kept.Done();
            DoWhatFollows(longest);
        }

        _isOn = false;
    }

    private static void DoWhatFollows(TimeSpan longest)
    {
        var begin = Stopwatch.GetTimestamp();
        while (_following is { } following && following.TryDequeue(out var next))
        {
            if (Stopwatch.GetElapsedTime(begin) < longest)
                next.Execute();
            else
                ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
        }
    }

    /// <summary>This thread takes turns for as long as it lives; whoever has started it counts it.</summary>
    internal static void Enlist() => _isRegular = true;

    /// <summary>Counts a thread that takes turns for as long as it lives, or is just about to.</summary>
    internal static void Count() => Interlocked.Increment(ref _spare);

    /// <summary>Has this thread do something that may get stuck, once its turn is over.</summary>
    /// <returns>False if it has no turn, or can't be spared: nothing is done then.</returns>
    internal static bool TryKeep(IKeptWork work)
    {
        if (!_isOn || !_isRegular || _kept is not null)
            return false;
        if (Interlocked.Decrement(ref _spare) < 0)
        {
            Interlocked.Increment(ref _spare);
            return false;
        }

        _kept = work;
        return true;
    }

    /// <summary>Does something in the turn of this thread, or if it has none, on a thread of the pool.</summary>
    public static void Follow(IThreadPoolWorkItem next)
    {
        if (_isOn)
            (_following ??= new Queue<IThreadPoolWorkItem>()).Enqueue(next);
        else
            ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
    }
}

/// <summary>Work that a thread does after its turn.</summary>
internal interface IKeptWork
{
    /// <summary>Does what may get stuck.</summary>
    void Work();

    /// <summary>Tells whoever waits for it, in a turn.</summary>
    void Done();
}
