using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>Memory that stays: mlockall(2).</summary>
internal static partial class LibC
{
    internal const int MCL_CURRENT = 1;
    internal const int MCL_FUTURE = 2;
    internal const int MCL_ONFAULT = 4;

    /// <summary>Keeps what is in memory there, and whatever comes from now on once it has been used.</summary>
    internal static Errno LockMemory() => mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? LastError : Errno.Success;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mlockall(int flags);
}
