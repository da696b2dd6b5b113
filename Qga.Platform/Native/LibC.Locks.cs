using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Record locks of fcntl(2), and locks of a whole file, flock(2).</summary>
internal static partial class LibC
{
    internal const int F_OFD_SETLK = 37;
    internal const short F_WRLCK = 1;
    internal const short F_UNLCK = 2;

    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const int LOCK_UN = 8;

    /// <summary><c>struct flock</c> of 64-bit Linux; all zero but the type, it spans the whole file.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FileLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }

    /// <summary>
    /// Locks the whole file for writing until the handle is closed; EAGAIN when somebody else has it locked, be it by
    /// <c>F_SETLK</c>. Our own lock is no <c>F_SETLK</c>: that one ends as soon as the process closes any descriptor of the file,
    /// and the host may read any file through us.
    /// </summary>
    internal static Errno Lock(SafeFileHandle file) =>
        fcntl(file, F_OFD_SETLK, new FileLock { Type = F_WRLCK }) < 0 ? LastError : Errno.Success;

    /// <summary>
    /// Locks a file that need not be open for writing, until the handle and its copies are closed; EAGAIN when somebody else has it locked.
    /// </summary>
    internal static Errno LockExclusively(SafeFileHandle file) => flock(file, LOCK_EX | LOCK_NB) < 0 ? LastError : Errno.Success;

    /// <summary>
    /// Closes a file that either of these has locked, and ends the lock with it: a process that is just being started has a copy of the handle
    /// until it becomes its program, and the lock would last as long.
    /// </summary>
    internal static void CloseLocked(SafeFileHandle file)
    {
        if (!file.IsInvalid)
        {
            _ = fcntl(file, F_OFD_SETLK, new FileLock { Type = F_UNLCK });
            _ = flock(file, LOCK_UN);
        }

        file.Dispose();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, in FileLock argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
