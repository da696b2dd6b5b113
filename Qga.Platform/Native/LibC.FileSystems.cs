using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Proc;

namespace Qga.Platform.Native;

/// <summary>What is true of a filesystem as a whole: statvfs(3); and where links lead to.</summary>
internal static partial class LibC
{
    /// <summary>What we use of <c>struct statvfs</c> where a long has 64 bits.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 112)]
    internal struct FileSystemStatus
    {
        /// <summary>What the next three count, in bytes.</summary>
        [FieldOffset(8)] public ulong BlockSize;

        [FieldOffset(16)] public ulong Blocks;
        [FieldOffset(24)] public ulong Free;

        /// <summary>Free, and not kept for root.</summary>
        [FieldOffset(32)] public ulong Available;
    }

    internal static Errno FileSystemOf(SafeFileHandle file, out FileSystemStatus status) =>
        fstatvfs(file, out status) < 0 ? LastError : Errno.Success;

    /// <summary>Where a symbolic link leads to, as it says; EINVAL when it is none.</summary>
    [SkipLocalsInit]
    internal static unsafe Errno ReadLink(string path, out string target)
    {
        // PATH_MAX
        var buffer = stackalloc byte[4096];
        var length = readlink(KernelPath.Encode(path, stackalloc byte[KernelPath.UsualLength]), buffer, 4096);
        target = length > 0 ? KernelPath.Decode(new ReadOnlySpan<byte>(buffer, (int)length)) : "";
        return length < 0 ? LastError : Errno.Success;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstatvfs(SafeFileHandle file, out FileSystemStatus status);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint readlink(ReadOnlySpan<byte> path, byte* buffer, nuint size);
}
