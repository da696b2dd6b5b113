using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>What the system as a whole is like: sysconf(3), getloadavg(3).</summary>
internal static partial class LibC
{
    internal const int _SC_CLK_TCK = 2;

    /// <summary>The unit of the times in /proc; it never changes.</summary>
    internal static ulong TicksPerSecond => (ulong)sysconf(_SC_CLK_TCK);

    internal static Errno LoadAverages(out double one, out double five, out double fifteen)
    {
        Span<double> averages = stackalloc double[3];
        var count = getloadavg(averages, averages.Length);
        (one, five, fifteen) = (averages[0], averages[1], averages[2]);
        return count == averages.Length ? Errno.Success : LastError;
    }

    [LibraryImport("libc")]
    private static partial nint sysconf(int name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getloadavg(Span<double> averages, int count);
}
