using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>Memory that stays, and memory that goes: mlockall(2), madvise(2).</summary>
internal static partial class LibC
{
    internal const int MCL_CURRENT = 1;
    internal const int MCL_FUTURE = 2;
    internal const int MCL_ONFAULT = 4;

    private const int MADV_DONTNEED = 4;

    /// <summary>Keeps what is in memory there, and whatever comes from now on once it has been used.</summary>
    internal static Errno LockMemory() => mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? LastError : Errno.Success;

    /// <summary>Unmaps pages, which come back from where they came when they are needed; not those that are locked.</summary>
    internal static void Forget(nint start, nint length) => _ = madvise(start, length, MADV_DONTNEED);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mlockall(int flags);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nint length, int advice);
}
