using System.Runtime.InteropServices;

namespace Qga.Ctl.Native;

/// <summary>Processes.</summary>
internal static partial class LibC
{
    internal const int SIGKILL = 9;
    internal const int SIGTERM = 15;

    /// <summary>-1 where the process leads a group already, which one that .NET has started does not.</summary>
    [LibraryImport("libc")]
    internal static partial int setsid();

    [LibraryImport("libc")]
    internal static partial int getppid();

    [LibraryImport("libc")]
    internal static partial int kill(int pid, int signal);
}
