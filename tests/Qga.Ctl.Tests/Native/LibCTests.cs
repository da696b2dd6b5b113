using System.Runtime.InteropServices;
using Qga.Ctl.Native;
using Qga.Testing;

namespace Qga.Ctl.Tests.Native;

public class LibCTests
{
    [CompilerFact]
    public void Constants_and_structures_are_those_of_the_headers()
    {
        var printed = CProgram.OutputOf("""
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <poll.h>
            #include <signal.h>
            #include <stddef.h>
            #include <stdio.h>
            #include <sys/ioctl.h>
            #include <sys/stat.h>
            int main(void)
            {
                printf("%d %d %d %d %d %d %d %d %d ", EINTR, EAGAIN, EPIPE, POLLIN, POLLOUT, SIG_BLOCK, SIG_UNBLOCK, SIGINT, SIGQUIT);
                printf("%d %d %lu %d %d %u %u %u %u ", F_GETFD, O_RDWR, (unsigned long)TIOCGWINSZ, AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_TYPE, STATX_MODE, STATX_UID, STATX_GID);
                printf("%d %d %d %d %d ", S_IFMT, S_IFSOCK, S_IFLNK, S_IFREG, S_IFDIR);
                printf("%zu %zu %zu %zu %zu ", sizeof(sigset_t), sizeof(struct pollfd), sizeof(struct winsize), offsetof(struct winsize, ws_row), offsetof(struct winsize, ws_col));
                printf("%zu %zu %zu %zu", sizeof(struct statx), offsetof(struct statx, stx_uid), offsetof(struct statx, stx_gid), offsetof(struct statx, stx_mode));
            }
            """);

        Assert.Equal(printed, string.Join(
            ' ', LibC.EINTR, LibC.EAGAIN, LibC.EPIPE, LibC.POLLIN, LibC.POLLOUT, LibC.SIG_BLOCK, LibC.SIG_UNBLOCK, LibC.SIGINT, LibC.SIGQUIT,
            LibC.F_GETFD, LibC.O_RDWR, LibC.TIOCGWINSZ, LibC.AT_FDCWD, LibC.AT_SYMLINK_NOFOLLOW, LibC.STATX_TYPE, LibC.STATX_MODE, LibC.STATX_UID, LibC.STATX_GID,
            LibC.S_IFMT, LibC.S_IFSOCK, LibC.S_IFLNK, LibC.S_IFREG, LibC.S_IFDIR,
            Marshal.SizeOf<LibC.SignalSet>(), Marshal.SizeOf<LibC.PollDescriptor>(), Marshal.SizeOf<LibC.WindowSize>(),
            Marshal.OffsetOf<LibC.WindowSize>("Rows"), Marshal.OffsetOf<LibC.WindowSize>("Columns"),
            Marshal.SizeOf<LibC.FileStatus>(), Marshal.OffsetOf<LibC.FileStatus>("User"), Marshal.OffsetOf<LibC.FileStatus>("Group"), Marshal.OffsetOf<LibC.FileStatus>("Mode")));
    }

    [Fact]
    public void Status_is_that_of_a_link_itself()
    {
        using var scratch = new ScratchDirectory();
        var path = scratch.PathOf("link");
        File.CreateSymbolicLink(path, "/none/such");
        Assert.Equal(LibC.S_IFLNK, LibC.Status(path)!.Value.Kind);
        Assert.Equal((LibC.S_IFDIR, File.GetUnixFileMode(scratch.Root)), (LibC.Status(scratch.Root)!.Value.Kind, LibC.Status(scratch.Root)!.Value.Permissions));
        Assert.Null(LibC.Status("/none/such"));
    }
}
