using Qga.Ctl.Native;

namespace Qga.Ctl.Interruption;

/// <summary>
/// Ctrl-C of a terminal reaches all processes of its foreground group: virsh, ssh and what else carries a request, too, which would be lost
/// with it. A program inherits what the thread that starts it has blocked.
/// </summary>
internal static class TerminalSignals
{
    private const ulong Kept = 1UL << (LibC.SIGINT - 1) | 1UL << (LibC.SIGQUIT - 1);

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
        LibC.MaskSignals(LibC.SIG_BLOCK, Kept);
    }
}
