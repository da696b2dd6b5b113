using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Client;

/// <summary>What a file of the host is and whose, for which .NET has no words.</summary>
internal sealed partial class LocalFileStatus
{
    internal const int AT_FDCWD = -100;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const uint STATX_BASIC_STATS = 0x7FF;
    internal const int O_RDWR = 0x2;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_CLOEXEC = 0x80000;
    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;
    internal const int LOCK_UN = 8;
    internal const int S_IFMT = 0xF000;
    internal const int S_IFREG = 0x8000;
    internal const int S_IFLNK = 0xA000;
    internal const int ENOENT = 2;
    internal const int EEXIST = 17;
    internal const int EWOULDBLOCK = 11;
    internal const int ELOOP = 40;

    private const int Private = 0x180;

    private readonly Status _status;

    private LocalFileStatus(Status status) => _status = status;

    /// <summary>Some processors have a value of their own.</summary>
    internal static int O_NOFOLLOW => RuntimeInformation.ProcessArchitecture
        is Architecture.Arm or Architecture.Arm64 or Architecture.Armv6 or Architecture.Ppc64le ? 0x8000 : 0x20000;

    /// <summary>Whose the files are that this process makes.</summary>
    internal static uint OwnUser => geteuid();

    internal uint User => _status.User;

    internal uint Group => _status.Group;

    /// <summary>The numbers of the user and the group, as chown(1) takes them.</summary>
    internal string Owner => $"{User}:{Group}";

    internal UnixFileMode Mode => (UnixFileMode)(_status.Mode & ~S_IFMT);

    internal bool IsRegular => (_status.Mode & S_IFMT) == S_IFREG;

    internal bool IsLink => (_status.Mode & S_IFMT) == S_IFLNK;

    /// <summary>Whether nobody else has made it, or has it under a second name.</summary>
    internal bool IsOwnRegularFile => IsRegular && User == OwnUser && _status.Links == 1;

    /// <summary>That of an open file.</summary>
    internal static LocalFileStatus Of(SafeFileHandle file) => statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, out var status) == 0
        ? new LocalFileStatus(status)
        : throw Failure("a file can't be looked at");

    /// <summary>That of what is at a path, which may be a link; null if there is nothing.</summary>
    internal static LocalFileStatus? TryOf(string path)
    {
        if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, out var status) == 0)
            return new LocalFileStatus(status);
        return Marshal.GetLastPInvokeError() == ENOENT ? null : throw Failure($"{path} can't be looked at");
    }

    internal bool IsSameAs(LocalFileStatus? other) => other is not null
        && (_status.Inode, _status.DeviceMajor, _status.DeviceMinor) == (other._status.Inode, other._status.DeviceMajor, other._status.DeviceMinor);

    /// <summary>Opens a file to read and write it; null if there is none, or a link.</summary>
    internal static SafeFileHandle? TryOpenOwn(string path) => TryOpen(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, ENOENT, ELOOP);

    /// <summary>Makes a file that nobody else may read; null if there is something.</summary>
    internal static SafeFileHandle? TryCreate(string path) => TryOpen(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, EEXIST, EEXIST);

    /// <summary>Holds a file until it is closed, against all who ask for the same.</summary>
    /// <returns>False if somebody else holds it.</returns>
    internal static bool TryLock(SafeFileHandle file)
    {
        if (flock(file, LOCK_EX | LOCK_NB) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == EWOULDBLOCK ? false : throw Failure("a file can't be locked");
    }

    internal static void Unlock(SafeFileHandle file) => _ = flock(file, LOCK_UN);

    internal static void SetOwner(SafeFileHandle file, uint user, uint group)
    {
        if (fchown(file, user, group) != 0)
            throw Failure($"the owner can't be set to {user}:{group}");
    }

    private static SafeFileHandle? TryOpen(string path, int flags, int harmless, int harmlessToo)
    {
        var descriptor = open(path, flags, Private);
        if (descriptor >= 0)
            return new SafeFileHandle(descriptor, ownsHandle: true);
        var error = Marshal.GetLastPInvokeError();
        return error == harmless || error == harmlessToo ? null : throw Failure($"{path} can't be opened");
    }

    private static IOException Failure(string what)
    {
        var failure = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{what}: {failure.Message}", failure);
    }

    /// <summary>The part of <c>struct statx</c> that is looked at; it has 256 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Status
    {
        [FieldOffset(16)]
        internal uint Links;

        [FieldOffset(20)]
        internal uint User;

        [FieldOffset(24)]
        internal uint Group;

        [FieldOffset(28)]
        internal ushort Mode;

        [FieldOffset(32)]
        internal ulong Inode;

        [FieldOffset(136)]
        internal uint DeviceMajor;

        [FieldOffset(140)]
        internal uint DeviceMinor;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle directory, string path, int flags, uint mask, out Status status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out Status status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(SafeFileHandle file, uint user, uint group);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
