using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Files: <c>open</c>, <c>read</c>, <c>write</c>, <c>lseek</c> and their kin, with the constants of <c>asm-generic/fcntl.h</c>.</summary>
internal static partial class LibC
{
    internal const int O_RDONLY = 0;
    internal const int O_WRONLY = 1;
    internal const int O_RDWR = 2;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_NOCTTY = 0x100;
    internal const int O_TRUNC = 0x200;
    internal const int O_APPEND = 0x400;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;

    internal const int FALLOC_FL_KEEP_SIZE = 1;

    private const int F_GETFL = 3;
    private const int F_SETFL = 4;

    internal const int SEEK_SET = 0;
    internal const int SEEK_CUR = 1;
    internal const int SEEK_END = 2;

    internal static int O_DIRECTORY => ArchitectureNumbers.Own.O_DIRECTORY;

    internal static int O_NOFOLLOW => ArchitectureNumbers.Own.O_NOFOLLOW;

    /// <summary>Opens a file that is there, as <see cref="Open(string, int, UnixFileMode, out SafeFileHandle)"/> does.</summary>
    internal static Errno Open(string path, int flags, out SafeFileHandle file) => Open(path, flags, UnixFileMode.None, out file);

    /// <summary>Opens <paramref name="path"/>; the handle is invalid when the result is not <see cref="Errno.Success"/>.</summary>
    internal static Errno Open(string path, int flags, UnixFileMode mode, out SafeFileHandle file)
    {
        Errno errno;
        int descriptor;
        do
        {
            descriptor = open(path, flags | O_CLOEXEC, mode);
            errno = descriptor < 0 ? LastError : Errno.Success;
        }
        while (errno == Errno.EINTR);

        file = new SafeFileHandle(descriptor, ownsHandle: true);
        return errno;
    }

    /// <summary>One <c>read</c>; <paramref name="count"/> is 0 at the end of the file and on an error.</summary>
    internal static unsafe Errno Read(SafeHandle file, Span<byte> buffer, out int count)
    {
        fixed (byte* start = buffer)
        {
            nint result;
            do
            {
                result = read(file, start, (nuint)buffer.Length);
            }
            while (result < 0 && LastError == Errno.EINTR);

            count = (int)Math.Max(result, 0);
            return result < 0 ? LastError : Errno.Success;
        }
    }

    /// <summary>One <c>write</c>, which may store less than it was given.</summary>
    internal static unsafe Errno Write(SafeHandle file, ReadOnlySpan<byte> bytes, out int count)
    {
        fixed (byte* start = bytes)
        {
            nint result;
            do
            {
                result = write(file, start, (nuint)bytes.Length);
            }
            while (result < 0 && LastError == Errno.EINTR);

            count = (int)Math.Max(result, 0);
            return result < 0 ? LastError : Errno.Success;
        }
    }

    internal static Errno Seek(SafeFileHandle file, long offset, int whence, out long position)
    {
        position = lseek(file, offset, whence);
        return position < 0 ? LastError : Errno.Success;
    }

    /// <summary>Has room for that many bytes of the file, fallocate(2); its size stays.</summary>
    internal static Errno Allocate(SafeFileHandle file, long size) => fallocate(file, FALLOC_FL_KEEP_SIZE, 0, size) < 0 ? LastError : Errno.Success;

    internal static Errno ChangeMode(SafeHandle file, UnixFileMode mode) => fchmod(file, mode) < 0 ? LastError : Errno.Success;

    internal static Errno ChangeMode(string path, UnixFileMode mode) => chmod(path, mode) < 0 ? LastError : Errno.Success;

    internal static Errno MakeNonBlocking(SafeFileHandle file)
    {
        var flags = fcntl(file, F_GETFL, 0);
        return flags < 0 || fcntl(file, F_SETFL, flags | O_NONBLOCK) < 0 ? LastError : Errno.Success;
    }

    internal static Errno Unlink(string path) => unlink(path) < 0 ? LastError : Errno.Success;

    /// <summary>Closes and tells how it went, which disposing the handle would not: a network filesystem reports a lost write here.</summary>
    /// <remarks>On Linux the descriptor is gone whatever the result, EINTR included (close(2)).</remarks>
    internal static Errno Close(SafeFileHandle file)
    {
        var descriptor = (int)file.DangerousGetHandle();
        file.SetHandleAsInvalid();
        return close(descriptor) < 0 && LastError != Errno.EINTR ? LastError : Errno.Success;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open([MarshalUsing(typeof(KernelPath.Marshaller))] string path, int flags, UnixFileMode mode);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint read(SafeHandle fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(SafeHandle fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle fd, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(SafeHandle fd, UnixFileMode mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int chmod([MarshalUsing(typeof(KernelPath.Marshaller))] string path, UnixFileMode mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeHandle fd, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlink([MarshalUsing(typeof(KernelPath.Marshaller))] string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);
}
