using System.Runtime.InteropServices;

namespace Qga.Ctl.Native;

/// <summary>Limits of the process.</summary>
internal static partial class LibC
{
    internal const int RLIMIT_NOFILE = 7;

    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        internal nuint Soft;
        internal nuint Hard;
    }

    /// <summary>Allows itself, and the programs that it starts, so many descriptors, or as many as it may have.</summary>
    internal static void AllowDescriptors(int count)
    {
        if (getrlimit(RLIMIT_NOFILE, out var limit) != 0 || limit.Soft >= (nuint)count)
            return;
        limit.Soft = nuint.Min((nuint)count, limit.Hard);
        _ = setrlimit(RLIMIT_NOFILE, in limit);
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out ResourceLimit limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, in ResourceLimit limit);
}
