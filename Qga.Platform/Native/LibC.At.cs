using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Names in an open directory: <c>openat</c> and its kin. Wherever the directory is moved, they stay in it.</summary>
internal static partial class LibC
{
    internal const int O_PATH = 0x200000;

    /// <summary>Opens a name; the handle is invalid when the result is not <see cref="Errno.Success"/>.</summary>
    internal static Errno OpenAt(SafeFileHandle directory, string name, int flags, UnixFileMode mode, out SafeFileHandle file)
    {
        Errno errno;
        int descriptor;
        do
        {
            descriptor = openat(directory, name, flags | O_CLOEXEC, mode);
            errno = descriptor < 0 ? LastError : Errno.Success;
        }
        while (errno == Errno.EINTR);

        file = new SafeFileHandle(descriptor, ownsHandle: true);
        return errno;
    }

    /// <summary>The status of a name, which may be a symbolic link.</summary>
    internal static Errno LinkStatusAt(SafeFileHandle directory, string name, out FileStatus status) =>
        statx(directory, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, out status) < 0 ? LastError : Errno.Success;

    /// <summary>Where a symbolic link leads to, as it says, that was opened as itself (<see cref="O_PATH"/> and O_NOFOLLOW).</summary>
    [SkipLocalsInit]
    internal static Errno ReadLink(SafeFileHandle link, out string target)
    {
        Span<byte> buffer = stackalloc byte[4096];
        nint length;
        while ((length = readlinkat(link, "", buffer, (nuint)buffer.Length)) == buffer.Length)
            buffer = new byte[2 * buffer.Length];
        target = length > 0 ? KernelPath.Decode(buffer[..(int)length]) : "";
        return length < 0 ? LastError : Errno.Success;
    }

    internal static Errno MakeDirectoryAt(SafeFileHandle directory, string name, UnixFileMode mode) =>
        mkdirat(directory, name, mode) < 0 ? LastError : Errno.Success;

    /// <summary>Gives a file another name in the same directory; a file that has it is replaced.</summary>
    internal static Errno RenameAt(SafeFileHandle directory, string from, string to) =>
        renameat(directory, from, directory, to) < 0 ? LastError : Errno.Success;

    internal static Errno UnlinkAt(SafeFileHandle directory, string name) => unlinkat(directory, name, 0) < 0 ? LastError : Errno.Success;

    internal static Errno ChangeOwner(SafeFileHandle file, uint user, uint group) => fchown(file, user, group) < 0 ? LastError : Errno.Success;

    /// <summary>Waits until the file is on its disk.</summary>
    internal static Errno Synchronize(SafeFileHandle file) => fsync(file) < 0 ? LastError : Errno.Success;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(
        SafeFileHandle directory, [MarshalUsing(typeof(KernelPath.Marshaller))] string name, int flags, UnixFileMode mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlinkat(
        SafeFileHandle directory, [MarshalUsing(typeof(KernelPath.Marshaller))] string name, Span<byte> target, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdirat(SafeFileHandle directory, [MarshalUsing(typeof(KernelPath.Marshaller))] string name, UnixFileMode mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int renameat(
        SafeFileHandle fromDirectory,
        [MarshalUsing(typeof(KernelPath.Marshaller))] string from,
        SafeFileHandle toDirectory,
        [MarshalUsing(typeof(KernelPath.Marshaller))] string to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(SafeFileHandle directory, [MarshalUsing(typeof(KernelPath.Marshaller))] string name, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(SafeFileHandle file, uint user, uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);
}
