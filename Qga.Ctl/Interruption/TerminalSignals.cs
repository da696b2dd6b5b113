using System.Diagnostics;
using System.Runtime.InteropServices;
using Qga.Ctl.Native;

namespace Qga.Ctl.Interruption;

/// <summary>
/// Ctrl-C of a terminal reaches all processes of its foreground group: virsh, ssh and what else carries a request, too, which would be lost
/// with it. A program inherits what the thread that starts it has blocked.
/// </summary>
internal static class TerminalSignals
{
    private const ulong Kept = 1UL << (LibC.SIGINT - 1) | 1UL << (LibC.SIGQUIT - 1);

    private static ulong _keptBefore;

    /// <summary>
    /// As long as it lives SIGPIPE is caught, and does nothing, instead of being ignored: what is ignored stays so in a new program (execve(2)).
    /// </summary>
    private sealed class CaughtBrokenPipe : IDisposable
    {
        private readonly nint _before = LibC.Handle(LibC.SIGPIPE, DoesNothing);

        private static unsafe nint DoesNothing => (nint)(delegate* unmanaged<int, void>)&DoNothing;

        public void Dispose() => _ = LibC.Handle(LibC.SIGPIPE, _before);

        [UnmanagedCallersOnly]
        private static void DoNothing(int signal)
        {
            // The write that has met it fails with EPIPE.
        }
    }

    /// <summary>Has every thread that is made from now on block them, but for one that takes them for the process.</summary>
    internal static void KeepFromChildren()
    {
        using var isReady = new ManualResetEventSlim();
        new Thread(() =>
        {
            LibC.MaskSignals(LibC.SIG_UNBLOCK, Kept);
            isReady.Set();
            Thread.Sleep(Timeout.Infinite);
        })
        { IsBackground = true, Name = "signals" }.Start();
        isReady.Wait();
        _keptBefore = LibC.MaskSignals(LibC.SIG_BLOCK, Kept) & Kept;
    }

    /// <summary>
    /// Starts a program of the user's own, which has signals as if a shell had started it: those of the terminal reach it, and SIGPIPE, which
    /// the runtime ignores, ends it. What has a handler here, has none there.
    /// </summary>
    internal static Task<Process> StartAsUsualAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                using var pipe = new CaughtBrokenPipe();
                LibC.MaskSignals(LibC.SIG_UNBLOCK, Kept & ~_keptBefore);
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception failure)
            {
                started.SetException(failure);
            }
        })
        { IsBackground = true, Name = "start" }.Start();
        return started.Task;
    }
}
