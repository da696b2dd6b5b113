using System.Runtime.InteropServices;

namespace Qga.Ctl.Native;

/// <summary>Processes.</summary>
internal static partial class LibC
{
    internal const int SIGKILL = 9;
    internal const int SIGPIPE = 13;
    internal const int SIGTERM = 15;
    internal const int PR_SET_CHILD_SUBREAPER = 36;

    /// <summary>-1 where the process leads a group already, which one that .NET has started does not.</summary>
    [LibraryImport("libc")]
    internal static partial int setsid();

    [LibraryImport("libc")]
    internal static partial int getppid();

    [LibraryImport("libc")]
    internal static partial int kill(int pid, int signal);

    /// <summary>signal(2): has a function called for a signal.</summary>
    /// <returns>The one before.</returns>
    [LibraryImport("libc", EntryPoint = "signal")]
    internal static partial nint Handle(int signal, nint function);

    /// <summary>Has what children of this process have started become its own children when they end, not those of init.</summary>
    internal static void AdoptOrphans() => _ = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint two, nuint three, nuint four, nuint five);
}
