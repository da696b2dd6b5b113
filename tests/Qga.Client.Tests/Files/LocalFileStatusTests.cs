using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qga.Testing;

namespace Qga.Client.Tests.Files;

public sealed partial class LocalFileStatusTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [CompilerFact]
    public void Constants_and_the_status_are_those_of_the_headers()
    {
        var printed = CProgram.OutputOf("""
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <stddef.h>
            #include <stdio.h>
            #include <sys/file.h>
            #include <sys/stat.h>
            int main(void)
            {
                printf("%d %d %d %d ", AT_FDCWD, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS);
                printf("%d %d %d %d %d ", O_RDWR, O_CREAT, O_EXCL, O_CLOEXEC, O_NOFOLLOW);
                printf("%d %d %d %d %d %d ", LOCK_EX, LOCK_NB, LOCK_UN, S_IFMT, S_IFREG, S_IFLNK);
                printf("%d %d %d %d ", ENOENT, EEXIST, EWOULDBLOCK, ELOOP);
                printf("%zu %zu %zu %zu ", sizeof(struct statx), offsetof(struct statx, stx_nlink), offsetof(struct statx, stx_uid), offsetof(struct statx, stx_gid));
                printf("%zu %zu %zu %zu", offsetof(struct statx, stx_mode), offsetof(struct statx, stx_ino), offsetof(struct statx, stx_dev_major), offsetof(struct statx, stx_dev_minor));
            }
            """);

        Assert.Equal(printed, string.Join(
            ' ',
            LocalFileStatus.AT_FDCWD, LocalFileStatus.AT_EMPTY_PATH, LocalFileStatus.AT_SYMLINK_NOFOLLOW, LocalFileStatus.STATX_BASIC_STATS,
            LocalFileStatus.O_RDWR, LocalFileStatus.O_CREAT, LocalFileStatus.O_EXCL, LocalFileStatus.O_CLOEXEC, LocalFileStatus.O_NOFOLLOW,
            LocalFileStatus.LOCK_EX, LocalFileStatus.LOCK_NB, LocalFileStatus.LOCK_UN, LocalFileStatus.S_IFMT, LocalFileStatus.S_IFREG, LocalFileStatus.S_IFLNK,
            LocalFileStatus.ENOENT, LocalFileStatus.EEXIST, LocalFileStatus.EWOULDBLOCK, LocalFileStatus.ELOOP,
            Marshal.SizeOf<LocalFileStatus.Status>(), Offset("Links"), Offset("User"), Offset("Group"),
            Offset("Mode"), Offset("Inode"), Offset("DeviceMajor"), Offset("DeviceMinor")));

        static nint Offset(string field) => Marshal.OffsetOf<LocalFileStatus.Status>(field);
    }

    [Fact]
    public void Status_is_told()
    {
        using var file = File.OpenHandle("/etc/passwd");
        var status = LocalFileStatus.Of(file);
        Assert.Equal(("0:0", true, false), (status.Owner, status.IsRegular, status.IsLink));
        Assert.True(status.IsSameAs(LocalFileStatus.TryOf("/etc/passwd")));
        Assert.False(status.IsSameAs(LocalFileStatus.TryOf("/etc/group")));
        Assert.Null(LocalFileStatus.TryOf("/none/such"));
        Assert.True(LocalFileStatus.TryOf("/proc/self/exe") is { IsLink: true, IsRegular: false });
    }

    [Fact]
    public void Links_are_not_opened_and_what_is_there_is_not_made()
    {
        var path = _scratch.Write("file", "");
        File.CreateSymbolicLink(_scratch.PathOf("link"), path);
        Assert.Null(LocalFileStatus.TryOpenOwn(_scratch.PathOf("link")));
        Assert.Null(LocalFileStatus.TryCreate(path));
        Assert.Null(LocalFileStatus.TryOpenOwn(_scratch.PathOf("none")));
        using var first = LocalFileStatus.TryOpenOwn(path);
        using var second = LocalFileStatus.TryOpenOwn(path);
        Assert.True(LocalFileStatus.TryLock(first!));
        Assert.False(LocalFileStatus.TryLock(second!));
    }
    /// <remarks>A program that is just being started has one for a moment.</remarks>
    [Fact]
    public void Lock_is_gone_though_there_is_a_second_descriptor()
    {
        var path = _scratch.Write("file", "");
        using var first = LocalFileStatus.TryOpenOwn(path)!;
        using var copy = new SafeFileHandle(dup(first), ownsHandle: true);
        Assert.True(LocalFileStatus.TryLock(first));
        LocalFileStatus.Unlock(first);
        first.Dispose();
        using var second = LocalFileStatus.TryOpenOwn(path)!;
        Assert.True(LocalFileStatus.TryLock(second));
    }

    [LibraryImport("libc")]
    private static partial int dup(SafeFileHandle descriptor);
}
