using System.Diagnostics;
using System.Runtime.InteropServices;
using Qga.Platform.Native;

namespace Qga.Platform.Threads;

/// <summary>
/// A thread for what waits in the kernel, beside those of the runtime's pool; it doesn't keep the process alive. The runtime's own
/// <see cref="Thread"/> gives its processor away until the new thread runs, which on a busy guest takes a turn of the scheduler for each.
/// </summary>
public sealed class OwnThread
{
    private const int UsualStack = 1024 * 1024;

    private readonly string _name;
    private readonly Action _run;
    private readonly object _gate = new();
    private bool _hasEnded;

    private OwnThread(string name, Action run) => (_name, _run) = (name, run);

    /// <summary>Starts a thread.</summary>
    /// <param name="name">What it is called in /proc, of which 15 characters are shown.</param>
    /// <param name="run">What runs on it; must not throw.</param>
    /// <param name="stack">The size of its stack, in bytes.</param>
    /// <exception cref="PlatformException">There are no threads left, or no memory for its stack: <paramref name="run"/> is never called.</exception>
    public static unsafe OwnThread Start(string name, Action run, int stack = UsualStack)
    {
        var thread = new OwnThread(name, run);
        var handle = GCHandle.Alloc(thread);
        var errno = LibC.StartThread(&Enter, GCHandle.ToIntPtr(handle), (nuint)stack);
        if (errno == Errno.Success)
            return thread;
        handle.Free();
        throw Lack();
    }

    /// <summary>Waits until nothing runs on it any more.</summary>
    public void Join()
    {
        lock (_gate)
        {
            while (!_hasEnded)
                Monitor.Wait(_gate);
        }
    }

    /// <summary>Waits until nothing runs on it any more, for so long.</summary>
    /// <returns>False if the time has passed.</returns>
    public bool Join(TimeSpan limit)
    {
        var begin = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            while (!_hasEnded)
            {
                var left = limit - Stopwatch.GetElapsedTime(begin);
                if (left <= TimeSpan.Zero)
                    return false;
                Monitor.Wait(_gate, left);
            }

            return true;
        }
    }

    internal static SystemCallException Lack() => new(Errno.EAGAIN, "failed to create a thread");

    [UnmanagedCallersOnly]
    private static nint Enter(nint argument)
    {
        var handle = GCHandle.FromIntPtr(argument);
        var thread = (OwnThread)handle.Target!;
        handle.Free();
        Thread.CurrentThread.Name = thread._name;
        thread._run();
        lock (thread._gate)
        {
            thread._hasEnded = true;
            Monitor.PulseAll(thread._gate);
        }

        return 0;
    }
}
