using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>What is true of a filesystem as a whole: statvfs(3).</summary>
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

    private const uint TMPFS_MAGIC = 0x01021994;
    private const uint RAMFS_MAGIC = 0x858458F6;

    /// <summary>Whether a path leads to a filesystem in memory, which nobody can freeze.</summary>
    internal static bool IsInMemory(string path)
    {
        // struct statfs, which begins with the type and has 120 bytes where a long has 64 bits.
        Span<long> status = stackalloc long[15];
        return statfs(path, status) == 0 && status[0] is TMPFS_MAGIC or RAMFS_MAGIC;
    }

    internal static Errno FileSystemOf(SafeFileHandle file, out FileSystemStatus status) =>
        fstatvfs(file, out status) < 0 ? LastError : Errno.Success;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statfs([MarshalUsing(typeof(KernelPath.Marshaller))] string path, Span<long> status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstatvfs(SafeFileHandle file, out FileSystemStatus status);
}
