using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>What the system as a whole is like: uname(2), sysconf(3), getloadavg(3).</summary>
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

    /// <summary>The size of each of the six strings of <c>struct utsname</c>, its NUL included.</summary>
    internal const int SystemNameSize = 65;

    internal static SystemNames SystemName()
    {
        Span<byte> names = stackalloc byte[6 * SystemNameSize];
        _ = uname(names);           // fails only if it has nowhere to write to
        return new SystemNames(Field(names, 1), Field(names, 2), Field(names, 3), Field(names, 4));

        static string Field(ReadOnlySpan<byte> names, int index)
        {
            var name = names.Slice(index * SystemNameSize, SystemNameSize);
            return KernelPath.Decode(name[..name.IndexOf((byte)0)]);
        }
    }

    [LibraryImport("libc")]
    private static partial nint sysconf(int name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getloadavg(Span<double> averages, int count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int uname(Span<byte> names);

    /// <summary>What we use of <c>struct utsname</c>.</summary>
    internal readonly record struct SystemNames(string NodeName, string Release, string Version, string Machine);
}
