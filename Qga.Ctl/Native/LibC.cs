using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Ctl.Native;

/// <summary>What the tool needs of the C library, and .NET has no word for.</summary>
internal static partial class LibC
{
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int EPIPE = 32;
    internal const short POLLIN = 1;
    internal const short POLLOUT = 4;
    internal const int SIG_BLOCK = 0;
    internal const int SIG_UNBLOCK = 1;
    internal const int SIGINT = 2;
    internal const int SIGQUIT = 3;

    internal const nuint TIOCGWINSZ = 0x5413;
    internal const int F_GETFD = 1;
    internal const int FD_CLOEXEC = 1;
    internal const int O_RDWR = 2;
    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const uint STATX_TYPE = 0x1;
    internal const uint STATX_MODE = 0x2;
    internal const uint STATX_UID = 0x8;
    internal const uint STATX_GID = 0x10;
    internal const int S_IFMT = 0xF000;
    internal const int S_IFSOCK = 0xC000;
    internal const int S_IFLNK = 0xA000;
    internal const int S_IFREG = 0x8000;
    internal const int S_IFDIR = 0x4000;

    /// <summary><c>sigset_t</c>: a bit for each signal from 1.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct SignalSet
    {
        [FieldOffset(0)]
        internal ulong First;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct WindowSize
    {
        internal ushort Rows;
        internal ushort Columns;
        private readonly ushort _width;
        private readonly ushort _height;
    }

    /// <summary>The part of <c>struct statx</c> that is looked at; it has 256 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct FileStatus
    {
        [FieldOffset(20)]
        internal uint User;

        [FieldOffset(24)]
        internal uint Group;

        [FieldOffset(28)]
        internal ushort Mode;

        internal readonly int Kind => Mode & S_IFMT;

        internal readonly UnixFileMode Permissions => (UnixFileMode)(Mode & ~S_IFMT);
    }

    /// <summary>What is at a path, without following a link there.</summary>
    /// <returns>Null if nothing is.</returns>
    internal static FileStatus? Status(string path) =>
        statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID, out var status) == 0 ? status : null;

    /// <summary>What is at the end of all links at a path.</summary>
    /// <returns>Null if nothing is.</returns>
    internal static FileStatus? StatusBehind(string path) => statx(AT_FDCWD, path, 0, STATX_TYPE | STATX_MODE, out var status) == 0 ? status : null;

    /// <summary>Gives a file, or a link itself, to somebody.</summary>
    internal static void ChangeOwner(string path, uint user, uint group)
    {
        if (lchown(path, user, group) != 0)
            throw new IOException($"{path}: the owner can't be set to {user}:{group}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    /// <summary>
    /// Has the standard streams be open. What the tool opens would else take the place of one that is closed, and a guest would get the output.
    /// </summary>
    internal static void OpenStandardStreams()
    {
        for (var descriptor = 0; descriptor <= 2; descriptor++)
        {
            // The lowest that is free is this one.
            if (fcntl(descriptor, F_GETFD) < 0)
                _ = open("/dev/null", O_RDWR);
        }
    }

    /// <summary>
    /// Closes what whoever has started this process has left open for it, beside the standard streams: a lock, or a pipe that somebody waits for.
    /// The runtime's own have FD_CLOEXEC.
    /// </summary>
    internal static void CloseInherited()
    {
        foreach (var entry in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            var descriptor = int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture);
            if (descriptor > 2 && fcntl(descriptor, F_GETFD) is >= 0 and var flags && (flags & FD_CLOEXEC) == 0)
                _ = close(descriptor);
        }
    }

    /// <summary>Has the error output go nowhere.</summary>
    internal static void DropErrorOutput()
    {
        var nowhere = open("/dev/null", O_RDWR);
        if (nowhere < 0)
            return;
        _ = dup2(nowhere, 2);
        _ = close(nowhere);
    }

    /// <summary>How large the terminal behind a descriptor is; null if it is none.</summary>
    internal static WindowSize? SizeOf(int descriptor) => ioctl(descriptor, TIOCGWINSZ, out var size) == 0 ? size : null;

    /// <summary>Reads what there is, however long that takes.</summary>
    /// <returns>How much; 0 at the end.</returns>
    internal static int Read(SafeFileHandle file, Span<byte> bytes)
    {
        while (true)
        {
            var count = read(file, bytes, (nuint)bytes.Length);
            if (count >= 0)
                return (int)count;
            var errno = Marshal.GetLastPInvokeError();
            if (errno == EAGAIN)
                Wait(file, POLLIN);
            else if (errno != EINTR)
                throw new IOException($"the input can't be read: {new Win32Exception(errno).Message}");
        }
    }

    /// <summary>Writes all of it, however long that takes.</summary>
    /// <returns>0, or an errno.</returns>
    internal static int WriteAll(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = write(file, bytes, (nuint)bytes.Length);
            if (count >= 0)
            {
                bytes = bytes[(int)count..];
                continue;
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno == EAGAIN)
            {
                Wait(file, POLLOUT);
            }
            else if (errno != EINTR)
            {
                return errno;
            }
        }

        return 0;
    }

    /// <summary>Blocks or unblocks signals for the calling thread, and the threads and programs that it starts.</summary>
    /// <returns>What was blocked before.</returns>
    internal static ulong MaskSignals(int how, ulong signals)
    {
        var set = new SignalSet { First = signals };
        var errno = pthread_sigmask(how, in set, out var before);
        return errno == 0 ? before.First : throw new Win32Exception(errno);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint user, uint group);

    /// <summary>Waits until a descriptor that does not block can be read or written.</summary>
    private static void Wait(SafeFileHandle file, short events)
    {
        var waited = new PollDescriptor { Descriptor = (int)file.DangerousGetHandle(), Events = events };
        _ = poll(ref waited, 1, -1);
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int dup2(int descriptor, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, out WindowSize size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle file, Span<byte> bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle file, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, in SignalSet set, out SignalSet old);
}
