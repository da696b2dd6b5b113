using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Freezing, thawing and trimming of a filesystem: the ioctls of <c>linux/fs.h</c>.</summary>
internal static partial class LibC
{
    internal const uint FIFREEZE = 0xC0045877;
    internal const uint FITHAW = 0xC0045878;
    internal const uint FITRIM = 0xC0185879;

    /// <summary><c>struct fstrim_range</c>, in bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TrimRange
    {
        public ulong Start;
        public ulong Length;
        public ulong MinimumLength;
    }

    /// <summary>Freezes the filesystem that the file is on; EBUSY when it is frozen already.</summary>
    internal static unsafe Errno Freeze(SafeFileHandle file) => Control(file, FIFREEZE);

    /// <summary>Takes back one freeze; EINVAL when there is none.</summary>
    internal static unsafe Errno Thaw(SafeFileHandle file) => Control(file, FITHAW);

    /// <summary>Discards what is unused of the range, which then tells how much that was.</summary>
    internal static unsafe Errno Trim(SafeFileHandle file, ref TrimRange range)
    {
        fixed (TrimRange* argument = &range)
            return Control(file, FITRIM, argument);
    }

    private static unsafe Errno Control(SafeFileHandle file, uint request, void* argument = null)
    {
        int result;
        do
        {
            result = ioctl(file, request, argument);
        }
        while (result < 0 && LastError == Errno.EINTR);

        return result < 0 ? LastError : Errno.Success;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int ioctl(SafeFileHandle file, nuint request, void* argument);
}
