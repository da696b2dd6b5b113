using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>Whether a crash leaves a core: prctl(2), prlimit(2).</summary>
internal static partial class LibC
{
    internal const int RLIMIT_CORE = 4;
    private const int PR_GET_DUMPABLE = 3;
    private const int PR_SET_DUMPABLE = 4;

    /// <summary><c>struct rlimit</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        internal ulong Soft;
        internal ulong Hard;
    }

    /// <summary>Whether this process may leave a core, a file or one for a program, as far as its limit allows.</summary>
    internal static bool IsDumpable
    {
        get => prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
        set => _ = prctl(PR_SET_DUMPABLE, value ? 1u : 0u, 0, 0, 0);
    }

    /// <summary>The limit of a process, 0 for this one.</summary>
    internal static Errno GetLimit(int process, int resource, out ResourceLimit limit) =>
        prlimit(process, resource, nint.Zero, out limit) < 0 ? LastError : Errno.Success;

    /// <summary>Sets the limit of a process, 0 for this one.</summary>
    internal static Errno SetLimit(int process, int resource, ResourceLimit limit) =>
        prlimit(process, resource, limit, nint.Zero) < 0 ? LastError : Errno.Success;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prlimit(int process, int resource, nint newLimit, out ResourceLimit oldLimit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prlimit(int process, int resource, in ResourceLimit newLimit, nint oldLimit);
}
