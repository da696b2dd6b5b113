using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Streams;
using Qga.Platform.Threads;

namespace Qga.Platform.Processes;

/// <summary>
/// The processes that we have started, until their end is taken. What else ends as a child of ours was left behind by its parent, and
/// left to us as the first process of a container: nobody asks how it ended, so it is taken from the process table at once.
/// </summary>
internal static class Children
{
    /// <summary>How often a process is looked at whose end the kernel doesn't tell.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How often orphans are looked for that the kernel doesn't tell of: it has nothing to wait for where there is no child yet, and one that has
    /// ended while a start hangs is no part of that start, if it is there all that time.
    /// </summary>
    private static readonly TimeSpan OrphanInterval = TimeSpan.FromSeconds(5);

    private static readonly object Gate = new();
    private static readonly HashSet<int> Ours = [];
    private static int _starting;

    /// <summary>Counts what may let an orphan be found: a child is there, or one of ours hides it no longer.</summary>
    private static long _changes;

    /// <summary>Takes orphans from now on, if they come to us.</summary>
    /// <remarks>Not by SIGCHLD: as process 1, a runtime that is to tell of that signal takes the end of every child itself.</remarks>
    internal static void AdoptOrphans()
    {
        if (LibC.AdoptsOrphans())
            OwnThread.Start("orphans", TakeOrphans);
    }

    /// <summary>Starts a child. As long as that takes no orphan is taken: what has no number yet could not be told from one.</summary>
    /// <param name="start">Starts it; the number of the process, or 0 for none.</param>
    internal static void Start(Func<int> start)
    {
        lock (Gate)
            _starting++;
        var process = 0;
        try
        {
            process = start();
        }
        finally
        {
            lock (Gate)
            {
                _starting--;
                if (process != 0)
                    Ours.Add(process);
                Changed();
            }
        }
    }

    /// <summary>Looks whether a child has ended, and takes its end: the exit code, or else the signal that ended it.</summary>
    internal static Errno TakeExit(int process, out bool hasEnded, out int exitCode, out int signal)
    {
        lock (Gate)
        {
            var errno = LibC.TakeExit(process, out hasEnded, out exitCode, out signal);
            if (hasEnded || errno != Errno.Success)
            {
                Ours.Remove(process);
                Changed();
            }

            return errno;
        }
    }

    /// <summary>Ends a child, unless its end was taken: another process may have its number by now.</summary>
    internal static void Kill(int process)
    {
        lock (Gate)
        {
            if (Ours.Contains(process))
                _ = LibC.SignalChild(process, LibC.SIGKILL);
        }
    }

    /// <summary>Ends a child that leads a process group, and all of that, unless its end was taken.</summary>
    internal static void KillGroup(int leader)
    {
        lock (Gate)
        {
            if (Ours.Contains(leader))
                _ = LibC.SignalGroup(leader, LibC.SIGKILL);
        }
    }

    /// <summary>Waits for the end of a child: the exit code, or else the signal that ended it.</summary>
    internal static Errno AwaitExit(int process, out int exitCode, out int signal)
    {
        LibC.AwaitEnd(process);
        return TakeExit(process, out _, out exitCode, out signal);
    }

    /// <summary>Waits for the end of a child without a thread; the exit code, or else the signal that ended it.</summary>
    internal static Task<(Errno Errno, int ExitCode, int Signal)> AwaitExitAsync(int process) => AwaitAsync(process, TakeExit);

    /// <summary>As <see cref="AwaitExitAsync"/>, and leaves its end to be taken: until then no other process gets its number, and no group.</summary>
    internal static Task<(Errno Errno, int ExitCode, int Signal)> AwaitEndAsync(int process) => AwaitAsync(process, LibC.PeekExit);

    private delegate Errno Look(int process, out bool hasEnded, out int exitCode, out int signal);

    private static async Task<(Errno Errno, int ExitCode, int Signal)> AwaitAsync(int process, Look look)
    {
        using var handle = LibC.OpenProcess(process);
        using var watch = TryWatch(handle);
        while (true)
        {
            var errno = look(process, out var hasEnded, out var exitCode, out var signal);
            if (hasEnded || errno != Errno.Success)
                return (errno, exitCode, signal);
            if (watch is not null)
                await watch.Readable.WaitAsync();
            else
                await Task.Delay(LookInterval);
        }
    }

    /// <returns>Null on a kernel that has no descriptors of processes (before 5.3), or if none is left.</returns>
    private static DescriptorPoller.Watch? TryWatch(SafeFileHandle handle)
    {
        try
        {
            return handle.IsInvalid ? null : DescriptorPoller.Shared.TryWatch(handle);
        }
        catch (PlatformException)
        {
            return null;
        }
    }

    private static void Changed()
    {
        _changes++;
        Monitor.PulseAll(Gate);
    }

    private static void TakeOrphans()
    {
        var seen = 0;
        var sight = Stopwatch.StartNew();
        while (true)
        {
            long before;
            lock (Gate)
                before = _changes;
            var ended = LibC.AwaitEndedChild();
            if (ended != seen)
                sight.Restart();
            seen = ended;
            lock (Gate)
            {
                var isOurs = Ours.Contains(ended);
                if (ended != 0 && !isOurs && (_starting == 0 || sight.Elapsed >= OrphanInterval))
                {
                    _ = LibC.TakeExit(ended, out _, out _, out _);
                    seen = 0;
                    continue;
                }

                // One of ours hides what has ended after it, until whoever waits for it has taken it.
                if (_changes == before)
                    Monitor.Wait(Gate, isOurs ? Timeout.InfiniteTimeSpan : OrphanInterval);
            }
        }
    }
}
