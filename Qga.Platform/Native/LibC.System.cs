using System.Runtime.InteropServices;
using Qga.Platform.Proc;

namespace Qga.Platform.Native;

/// <summary>What the kernel says of itself: uname(2).</summary>
internal static partial class LibC
{
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

    [LibraryImport("libc", SetLastError = true)]
    private static partial int uname(Span<byte> names);

    /// <summary>What we use of <c>struct utsname</c>.</summary>
    internal readonly record struct SystemNames(string NodeName, string Release, string Version, string Machine);
}
