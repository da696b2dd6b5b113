using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Descriptors as numbers: those that we inherit and those that a child inherits from us.</summary>
internal static partial class LibC
{
    internal const int F_GETFD = 1;
    internal const int F_SETFD = 2;
    internal const int FD_CLOEXEC = 1;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int SOL_SOCKET = 1;
    internal const int SO_DOMAIN = 39;

    /// <summary>
    /// Whether we were given the descriptor: EBADF when there is none, and also when it is one of the runtime's own, which are
    /// all close-on-exec.
    /// </summary>
    internal static Errno Inherited(int descriptor) => fcntl(descriptor, F_GETFD, 0) switch
    {
        < 0 => LastError,
        0 => Errno.Success,
        _ => Errno.EBADF,
    };

    /// <summary>Keeps the descriptor from our children; EBADF when there is no such descriptor.</summary>
    internal static Errno CloseOnExec(int descriptor) => fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 ? LastError : Errno.Success;

    internal static Errno SocketDomain(int descriptor, out int domain)
    {
        var size = sizeof(int);
        return getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, out domain, ref size) < 0 ? LastError : Errno.Success;
    }

    internal static Errno Pipe(out SafeFileHandle readEnd, out SafeFileHandle writeEnd)
    {
        Span<int> ends = [-1, -1];
        var errno = pipe2(ends, O_CLOEXEC) < 0 ? LastError : Errno.Success;
        readEnd = new SafeFileHandle(ends[0], ownsHandle: true);
        writeEnd = new SafeFileHandle(ends[1], ownsHandle: true);
        return errno;
    }

    internal static Errno Duplicate(SafeFileHandle from, int to) => dup2(from, to) < 0 ? LastError : Errno.Success;

    /// <summary>A copy under the first free number that is not below <paramref name="least"/>.</summary>
    internal static Errno DuplicateFrom(int least, SafeFileHandle file, out SafeFileHandle copy)
    {
        var descriptor = fcntl(file, F_DUPFD_CLOEXEC, least);
        copy = new SafeFileHandle(descriptor, ownsHandle: true);
        return descriptor < 0 ? LastError : Errno.Success;
    }

    /// <summary>Closes every descriptor from that number on; a kernel before 5.9 closes none.</summary>
    internal static void CloseFrom(int least) => _ = close_range((uint)least, uint.MaxValue, 0);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(int descriptor, int level, int name, out int value, ref int size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(Span<int> ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup2(SafeFileHandle from, int to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close_range(uint first, uint last, int flags);
}
