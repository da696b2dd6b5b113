using System.Runtime.InteropServices;
using Qga.Platform.Native;
using Qga.Testing;

namespace Qga.Platform.Tests.Native;

/// <summary>What we repeat of the headers for processes, descriptors and locks is what a C compiler finds there.</summary>
public sealed class ProcessHeadersTests
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <signal.h>
        #include <spawn.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>

        #define SHOW(value) printf("%s=%ld\n", #value, (long)(value))

        int main(void)
        {
            SHOW(F_GETFD); SHOW(F_SETFD); SHOW(FD_CLOEXEC); SHOW(F_OFD_SETLK); SHOW(F_WRLCK); SHOW(F_UNLCK); SHOW(SOL_SOCKET); SHOW(SO_DOMAIN);
            SHOW(POSIX_SPAWN_SETSIGDEF); SHOW(POSIX_SPAWN_SETSIGMASK); SHOW(POSIX_SPAWN_SETSID);
            SHOW(sizeof(sigset_t)); SHOW(STATX_BASIC_STATS); SHOW(AT_EMPTY_PATH);
            SHOW(sizeof(struct statx)); SHOW(offsetof(struct statx, stx_uid)); SHOW(offsetof(struct statx, stx_mode));
            SHOW(offsetof(struct statx, stx_ino)); SHOW(offsetof(struct statx, stx_dev_major)); SHOW(offsetof(struct statx, stx_dev_minor));
            SHOW(sizeof(struct flock)); SHOW(offsetof(struct flock, l_type)); SHOW(offsetof(struct flock, l_start));
            SHOW(sizeof(posix_spawnattr_t) <= 512); SHOW(sizeof(posix_spawn_file_actions_t) <= 512);
            SHOW(SYS_pidfd_open);
            SHOW(SIGHUP); SHOW(SIGINT); SHOW(SIGQUIT); SHOW(SIGUSR1); SHOW(SIGUSR2); SHOW(SIGTERM); SHOW(SIGURG); SHOW(SIGCHLD); SHOW(SIG_SETMASK);
            return 0;
        }
        """;

    [CompilerFact]
    public void Constants_and_records_agree_with_the_headers() => Agree(CTarget.Own);

    [CompilerFact(Target = CTarget.Arm64)]
    public void Constants_and_records_agree_with_the_headers_of_arm64() => Agree(CTarget.Arm64);

    private static void Agree(string target)
    {
        var expected = $"""
            F_GETFD={LibC.F_GETFD}
            F_SETFD={LibC.F_SETFD}
            FD_CLOEXEC={LibC.FD_CLOEXEC}
            F_OFD_SETLK={LibC.F_OFD_SETLK}
            F_WRLCK={LibC.F_WRLCK}
            F_UNLCK={LibC.F_UNLCK}
            SOL_SOCKET={LibC.SOL_SOCKET}
            SO_DOMAIN={LibC.SO_DOMAIN}
            POSIX_SPAWN_SETSIGDEF={LibC.POSIX_SPAWN_SETSIGDEF}
            POSIX_SPAWN_SETSIGMASK={LibC.POSIX_SPAWN_SETSIGMASK}
            POSIX_SPAWN_SETSID={LibC.POSIX_SPAWN_SETSID}
            sizeof(sigset_t)={LibC.SignalSetSize}
            STATX_BASIC_STATS={LibC.STATX_BASIC_STATS}
            AT_EMPTY_PATH={LibC.AT_EMPTY_PATH}
            sizeof(struct statx)={Marshal.SizeOf<LibC.FileStatus>()}
            offsetof(struct statx, stx_uid)={Offset<LibC.FileStatus>(nameof(LibC.FileStatus.Uid))}
            offsetof(struct statx, stx_mode)={Offset<LibC.FileStatus>(nameof(LibC.FileStatus.Mode))}
            offsetof(struct statx, stx_ino)={Offset<LibC.FileStatus>(nameof(LibC.FileStatus.Inode))}
            offsetof(struct statx, stx_dev_major)={Offset<LibC.FileStatus>(nameof(LibC.FileStatus.DeviceMajor))}
            offsetof(struct statx, stx_dev_minor)={Offset<LibC.FileStatus>(nameof(LibC.FileStatus.DeviceMinor))}
            sizeof(struct flock)={Marshal.SizeOf<LibC.FileLock>()}
            offsetof(struct flock, l_type)={Offset<LibC.FileLock>(nameof(LibC.FileLock.Type))}
            offsetof(struct flock, l_start)={Offset<LibC.FileLock>(nameof(LibC.FileLock.Start))}
            sizeof(posix_spawnattr_t) <= 512={(LibC.SpawnStructSize == 512 ? 1 : 0)}
            sizeof(posix_spawn_file_actions_t) <= 512={(LibC.SpawnStructSize == 512 ? 1 : 0)}
            SYS_pidfd_open={LibC.SYS_pidfd_open}
            SIGHUP={LibC.SIGHUP}
            SIGINT={LibC.SIGINT}
            SIGQUIT={LibC.SIGQUIT}
            SIGUSR1={LibC.SIGUSR1}
            SIGUSR2={LibC.SIGUSR2}
            SIGTERM={LibC.SIGTERM}
            SIGURG={LibC.SIGURG}
            SIGCHLD={LibC.SIGCHLD}
            SIG_SETMASK={LibC.SIG_SETMASK}

            """;
        Assert.Equal(expected, CProgram.OutputOf(Source, target: target));
    }

    private static nint Offset<T>(string field) => Marshal.OffsetOf<T>(field);
}
