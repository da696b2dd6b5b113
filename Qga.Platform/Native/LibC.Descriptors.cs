using System.Globalization;
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
    internal const int CLONE_FILES = 0x400;

    private const string RandomSource = "/dev/urandom";

    /// <summary>By number: the C library has functions for some of them, and since late versions only.</summary>
    internal const int SYS_pidfd_send_signal = 424;
    internal const int SYS_pidfd_open = 434;

    /// <summary>In place of a process: the calling thread has the table of descriptors that all have.</summary>
    internal const int SharedTable = -1;

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

    /// <summary>Lets our children, and what we become, have the descriptor.</summary>
    internal static Errno PassOnExec(int descriptor) => fcntl(descriptor, F_SETFD, 0) < 0 ? LastError : Errno.Success;

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

    /// <summary>A pipe whose writing end is under a number that is not below <paramref name="least"/>, and which no handle stands for.</summary>
    internal static Errno PipeNumbers(int least, out int reader, out int writer)
    {
        (reader, writer) = (-1, -1);
        Span<int> ends = [-1, -1];
        if (pipe2(ends, O_CLOEXEC) < 0)
            return LastError;
        reader = ends[0];
        writer = fcntl(ends[1], F_DUPFD_CLOEXEC, least);
        var errno = writer < 0 ? LastError : Errno.Success;
        _ = close(ends[1]);
        if (writer < 0)
            _ = close(reader);
        return errno;
    }

    /// <summary>Reads once from a descriptor that no handle stands for.</summary>
    /// <returns>How much; 0 at the end, or if it can't be read.</returns>
    internal static unsafe int ReadNumber(int descriptor, Span<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint count;
            do
                count = read(descriptor, start, (nuint)bytes.Length);
            while (count < 0 && LastError == Errno.EINTR);
            return Math.Max(0, (int)count);
        }
    }

    /// <summary>A second descriptor for the same file.</summary>
    internal static Errno Duplicate(SafeFileHandle file, out SafeFileHandle copy)
    {
        var number = fcntl(file, F_DUPFD_CLOEXEC, 0);
        copy = new SafeFileHandle(number, ownsHandle: true);
        return number < 0 ? LastError : Errno.Success;
    }

    internal static Errno Duplicate(SafeFileHandle from, int to) => dup2(from, to) < 0 ? LastError : Errno.Success;

    /// <summary>
    /// Gives the calling thread, and those that it makes from then on, a table of descriptors of its own. Of what was open until now it
    /// keeps what the runtime has opened for itself; under the standard numbers is nothing, see <see cref="OpenNothing"/>.
    /// </summary>
    /// <param name="kept">A number that it keeps too.</param>
    /// <returns>That number; <see cref="SharedTable"/> if the thread has to go on sharing the table.</returns>
    internal static int LeaveDescriptorTable(int kept)
    {
        if (unshare(CLONE_FILES) < 0)
            return SharedTable;

        _ = List("/proc/thread-self/fd", out var descriptors);
        foreach (var descriptor in descriptors.ConvertAll(name => int.Parse(name, CultureInfo.InvariantCulture)))
        {
            if (descriptor != kept && (ReadLink($"/proc/thread-self/fd/{descriptor}", out var target) != Errno.Success || target != RandomSource))
                _ = close(descriptor);
        }

        // In the order of 0, 1 and 2, which are the first that are free.
        for (var standard = 0; standard <= 2; standard++)
            _ = NumberOfNothing();
        return kept;
    }

    /// <summary>Gives the calling thread a table of descriptors of its own, with what is open now.</summary>
    internal static void CopyDescriptorTable() => _ = unshare(CLONE_FILES);

    /// <summary>A second descriptor for the same file that no handle stands for.</summary>
    /// <param name="file">The file.</param>
    /// <param name="least">The least number that it may get.</param>
    /// <returns>The number; negative on an error.</returns>
    internal static int Copy(SafeFileHandle file, int least) => fcntl(file, F_DUPFD_CLOEXEC, least);

    /// <summary>Gives a descriptor another number.</summary>
    /// <param name="descriptor">Is closed, unless it has a right one already.</param>
    /// <param name="wanted">The number that it should get, if that is free.</param>
    /// <param name="least">The least number otherwise.</param>
    /// <returns>The number; negative on an error.</returns>
    internal static int Renumber(int descriptor, int wanted, int least)
    {
        if (descriptor == wanted || descriptor >= least)
            return descriptor;
        var moved = Move(descriptor, wanted);
        return moved < 0 || moved == wanted || moved >= least ? moved : Move(moved, least);
    }

    /// <summary>Gives a descriptor another number, the first that is free from there on.</summary>
    private static int Move(int descriptor, int least)
    {
        var moved = fcntl(descriptor, F_DUPFD_CLOEXEC, least);
        var errno = Marshal.GetLastPInvokeError();
        _ = close(descriptor);
        Marshal.SetLastPInvokeError(errno);
        return moved;
    }

    /// <summary>Closes a descriptor that no handle stands for.</summary>
    internal static void CloseNumber(int descriptor) => _ = close(descriptor);

    /// <summary>Closes every descriptor from that number on.</summary>
    internal static void CloseFrom(int least) => closefrom(least);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(int descriptor, int level, int name, out int value, ref int size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(Span<int> ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint read(int descriptor, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup2(SafeFileHandle from, int to);

    [LibraryImport("libc")]
    private static partial void closefrom(int least);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, nint second, nint third);
}
