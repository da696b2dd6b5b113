using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Small files as a whole: their status, their content, and what takes their place.</summary>
internal static partial class LibC
{
    private const ushort S_IFMT = 0xF000;
    private const ushort S_IFCHR = 0x2000;
    private const ushort S_IFDIR = 0x4000;
    private const ushort S_IFBLK = 0x6000;
    private const ushort S_IFREG = 0x8000;
    private const ushort S_IFLNK = 0xA000;
    private const ushort S_IFSOCK = 0xC000;

    private const int X_OK = 1;
    private const int W_OK = 2;
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const uint STATX_BASIC_STATS = 0x7FF;
    internal const uint STATX_MNT_ID = 0x1000;

    /// <summary>What we use of <c>struct statx</c>, the one status record that is the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct FileStatus
    {
        /// <summary>What is known.</summary>
        [FieldOffset(0)] public uint Mask;

        [FieldOffset(16)] public uint Links;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public long Size;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(120)] public uint ModifiedNanoseconds;
        [FieldOffset(128)] public uint RepresentedMajor;
        [FieldOffset(132)] public uint RepresentedMinor;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;

        /// <summary>The number of its mount in /proc/self/mountinfo, see <see cref="HasMountId"/>.</summary>
        [FieldOffset(144)] public ulong MountId;

        /// <summary>"major:minor:inode", one whatever the path is; part of the names of locks and sockets, so it stays as it is.</summary>
        public readonly string Identity => string.Create(CultureInfo.InvariantCulture, $"{DeviceMajor}:{DeviceMinor}:{Inode}");

        public readonly bool HasMountId => (Mask & STATX_MNT_ID) != 0;

        public readonly UnixFileMode Permissions => (UnixFileMode)(Mode & ~S_IFMT);

        public readonly bool IsWritableByOthers => (Permissions & FileModes.WritableByOthers) != UnixFileMode.None;

        public readonly bool IsRegularFile => (Mode & S_IFMT) == S_IFREG;

        public readonly bool IsDirectory => (Mode & S_IFMT) == S_IFDIR;

        public readonly bool IsSymbolicLink => (Mode & S_IFMT) == S_IFLNK;

        public readonly bool IsBlockDevice => (Mode & S_IFMT) == S_IFBLK;

        /// <summary>Whether it is /dev/null, by the kernel's number (Documentation/admin-guide/devices.txt).</summary>
        public readonly bool IsNullDevice => (Mode & S_IFMT) == S_IFCHR && (RepresentedMajor, RepresentedMinor) == (1, 3);

        public readonly bool IsSocket => (Mode & S_IFMT) == S_IFSOCK;

        public readonly DateTimeOffset ModifiedAt =>
            DateTimeOffset.UnixEpoch.AddSeconds(ModifiedSeconds).AddTicks(ModifiedNanoseconds / TimeSpan.NanosecondsPerTick);

        public readonly bool IsSameFileAs(in FileStatus other) =>
            (Inode, DeviceMajor, DeviceMinor) == (other.Inode, other.DeviceMajor, other.DeviceMinor);
    }

    /// <summary>The status of what <paramref name="path"/> leads to, symbolic links followed.</summary>
    internal static Errno Status(string path, out FileStatus status) =>
        statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, out status) < 0 ? LastError : Errno.Success;

    /// <summary>The status of <paramref name="path"/> itself, which may be a symbolic link.</summary>
    internal static Errno LinkStatus(string path, out FileStatus status) =>
        statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, out status) < 0 ? LastError : Errno.Success;

    internal static Errno Status(SafeFileHandle file, out FileStatus status) =>
        statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, out status) < 0 ? LastError : Errno.Success;

    /// <summary>Whether a path leads to a directory: ENOTDIR if it leads to something else.</summary>
    internal static Errno DirectoryStatus(string path)
    {
        var errno = Status(path, out var status);
        return errno == Errno.Success && !status.IsDirectory ? Errno.ENOTDIR : errno;
    }

    /// <summary>Reads to the end, or until there is more than <paramref name="limit"/>.</summary>
    internal static Errno ReadToEnd(SafeFileHandle file, out byte[] content, int limit = int.MaxValue)
    {
        using var collected = new MemoryStream();
        Span<byte> buffer = stackalloc byte[4096];
        Errno errno;
        int count;
        do
        {
            errno = Read(file, buffer, out count);
            collected.Write(buffer[..count]);
        }
        while (count > 0 && collected.Length <= limit);

        content = collected.ToArray();
        return errno;
    }

    internal static Errno WriteAll(SafeFileHandle file, ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            var errno = Write(file, content, out var count);
            if (errno != Errno.Success)
                return errno;

            content = content[count..];
        }

        return Errno.Success;
    }

    internal static Errno Truncate(SafeFileHandle file, long length = 0) => ftruncate(file, length) < 0 ? LastError : Errno.Success;

    internal static Errno Rename(string from, string to) => rename(from, to) < 0 ? LastError : Errno.Success;

    /// <summary>Makes a directory of exactly that mode, whatever the umask is.</summary>
    internal static Errno MakeDirectory(string path, UnixFileMode mode)
    {
        if (mkdir(path, mode) < 0)
            return LastError;
        var errno = Open(path, O_RDONLY | O_DIRECTORY, out var directory);
        using (directory)
            return errno == Errno.Success ? ChangeMode(directory, mode) : errno;
    }

    /// <summary>Removes a directory that is empty.</summary>
    internal static Errno RemoveDirectory(string path) => rmdir(path) < 0 ? LastError : Errno.Success;

    /// <summary>Where a symbolic link leads to, as it says; EINVAL when it is none.</summary>
    [SkipLocalsInit]
    internal static Errno ReadLink(string path, out string target)
    {
        const int LongestPath = 4096;
        Span<byte> buffer = stackalloc byte[LongestPath];
        nint length;

        // What doesn't fit is cut off without a word, and a FUSE filesystem may tell more than any path is long.
        while ((length = readlink(path, buffer, (nuint)buffer.Length)) == buffer.Length)
            buffer = new byte[2 * buffer.Length];
        target = length > 0 ? KernelPath.Decode(buffer[..(int)length]) : "";
        return length < 0 ? LastError : Errno.Success;
    }

    /// <summary>Whether we could execute the file; directories count too. It is asked for the real user, who is the effective one here.</summary>
    internal static Errno IsExecutable(string path) => access(path, X_OK) < 0 ? LastError : Errno.Success;

    internal static Errno IsWritable(string path) => access(path, W_OK) < 0 ? LastError : Errno.Success;

    internal static uint EffectiveUserId() => geteuid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int rmdir([MarshalUsing(typeof(KernelPath.Marshaller))] string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdir([MarshalUsing(typeof(KernelPath.Marshaller))] string path, UnixFileMode mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(
        int directory, [MarshalUsing(typeof(KernelPath.Marshaller))] string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(
        SafeFileHandle directory, [MarshalUsing(typeof(KernelPath.Marshaller))] string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int rename(
        [MarshalUsing(typeof(KernelPath.Marshaller))] string from, [MarshalUsing(typeof(KernelPath.Marshaller))] string to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlink([MarshalUsing(typeof(KernelPath.Marshaller))] string path, Span<byte> target, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int access([MarshalUsing(typeof(KernelPath.Marshaller))] string path, int mode);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
