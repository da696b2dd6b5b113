using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>What a careless parent leaves to us: signals that are ignored, as nohup(1) and a shell's <c>&amp;</c> do it, or blocked.</summary>
public static class InheritedSignals
{
    /// <summary>
    /// Gives the signals that mean something to the agent their defaults, and blocks none. Call it before there is a handler, as the
    /// runtime makes none for a signal that is ignored, and before there are threads, as they inherit what is blocked.
    /// </summary>
    public static void Reset()
    {
        // While SIGCHLD is ignored, the kernel drops how children end (waitpid(2)).
        foreach (var signal in (int[])[LibC.SIGHUP, LibC.SIGINT, LibC.SIGTERM, LibC.SIGUSR1, LibC.SIGCHLD])
            LibC.HeedSignal(signal);
        LibC.UnblockSignals();
    }
}
