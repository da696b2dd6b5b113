using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Qga.Platform.Native;
using Qga.Testing;

namespace Qga.Platform.Tests.Native;

/// <summary>Every constant that has a header's name has its value, and every record its layout; a C compiler tells them.</summary>
public class ConstantsTests
{
    private const string Headers = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <poll.h>
        #include <signal.h>
        #include <spawn.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/epoll.h>
        #include <sys/file.h>
        #include <sys/ioctl.h>
        #include <sys/mman.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/statvfs.h>
        #include <sys/timerfd.h>
        #include <sys/un.h>
        #include <sys/wait.h>
        #include <syslog.h>
        #include <termios.h>
        #include <time.h>
        #include <unistd.h>
        #include <linux/fs.h>
        #include <linux/loop.h>
        #include <linux/nvme_ioctl.h>
        #include <linux/vm_sockets.h>
        """;

    private static readonly (string Expression, long Ours)[] Records =
    [
        ("sizeof(struct epoll_event)", Marshal.SizeOf<LibC.EpollEvent>()),
        ("offsetof(struct epoll_event, events)", Offset<LibC.EpollEvent>(nameof(LibC.EpollEvent.Events))),
        ("offsetof(struct epoll_event, data)", Offset<LibC.EpollEvent>(nameof(LibC.EpollEvent.Data))),
        ("sizeof(struct pollfd)", Marshal.SizeOf<LibC.PollDescriptor>()),
        ("offsetof(struct pollfd, events)", Offset<LibC.PollDescriptor>(nameof(LibC.PollDescriptor.Events))),
        ("offsetof(struct pollfd, revents)", Offset<LibC.PollDescriptor>(nameof(LibC.PollDescriptor.ReturnedEvents))),
        ("sizeof(struct termios)", Marshal.SizeOf<LibC.Termios>()),
        ("offsetof(struct termios, c_iflag)", Offset<LibC.Termios>(nameof(LibC.Termios.InputFlags))),
        ("offsetof(struct termios, c_oflag)", Offset<LibC.Termios>(nameof(LibC.Termios.OutputFlags))),
        ("offsetof(struct termios, c_cflag)", Offset<LibC.Termios>(nameof(LibC.Termios.ControlFlags))),
        ("offsetof(struct termios, c_lflag)", Offset<LibC.Termios>(nameof(LibC.Termios.LocalFlags))),
        ("offsetof(struct termios, c_line)", Offset<LibC.Termios>(nameof(LibC.Termios.Line))),
        ("offsetof(struct termios, c_cc)", Offset<LibC.Termios>("ControlCharacters")),
        ("offsetof(struct termios, c_ispeed)", Offset<LibC.Termios>(nameof(LibC.Termios.InputSpeed))),
        ("offsetof(struct termios, c_ospeed)", Offset<LibC.Termios>(nameof(LibC.Termios.OutputSpeed))),
        ("IGNBRK | BRKINT | IGNPAR | PARMRK | INPCK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXANY | IXOFF | IMAXBEL", Constant("InputProcessing")),
        ("sizeof(struct fstrim_range)", Marshal.SizeOf<LibC.TrimRange>()),
        ("offsetof(struct fstrim_range, start)", Offset<LibC.TrimRange>(nameof(LibC.TrimRange.Start))),
        ("offsetof(struct fstrim_range, len)", Offset<LibC.TrimRange>(nameof(LibC.TrimRange.Length))),
        ("offsetof(struct fstrim_range, minlen)", Offset<LibC.TrimRange>(nameof(LibC.TrimRange.MinimumLength))),
        ("sizeof(struct loop_info64)", Marshal.SizeOf<LibC.LoopStatus>()),
        ("offsetof(struct loop_info64, lo_device)", Offset<LibC.LoopStatus>(nameof(LibC.LoopStatus.Device))),
        ("offsetof(struct loop_info64, lo_inode)", Offset<LibC.LoopStatus>(nameof(LibC.LoopStatus.Inode))),
        ("sizeof(struct nvme_admin_cmd)", Marshal.SizeOf<LibC.NvmeCommand>()),
        ("offsetof(struct nvme_admin_cmd, opcode)", Offset<LibC.NvmeCommand>(nameof(LibC.NvmeCommand.Operation))),
        ("offsetof(struct nvme_admin_cmd, nsid)", Offset<LibC.NvmeCommand>(nameof(LibC.NvmeCommand.Namespace))),
        ("offsetof(struct nvme_admin_cmd, addr)", Offset<LibC.NvmeCommand>(nameof(LibC.NvmeCommand.Address))),
        ("offsetof(struct nvme_admin_cmd, data_len)", Offset<LibC.NvmeCommand>(nameof(LibC.NvmeCommand.Length))),
        ("offsetof(struct nvme_admin_cmd, cdw10)", Offset<LibC.NvmeCommand>(nameof(LibC.NvmeCommand.Doubleword10))),
        ("sizeof(struct statvfs)", Marshal.SizeOf<LibC.FileSystemStatus>()),
        ("offsetof(struct statvfs, f_frsize)", Offset<LibC.FileSystemStatus>(nameof(LibC.FileSystemStatus.BlockSize))),
        ("offsetof(struct statvfs, f_blocks)", Offset<LibC.FileSystemStatus>(nameof(LibC.FileSystemStatus.Blocks))),
        ("offsetof(struct statvfs, f_bfree)", Offset<LibC.FileSystemStatus>(nameof(LibC.FileSystemStatus.Free))),
        ("offsetof(struct statvfs, f_bavail)", Offset<LibC.FileSystemStatus>(nameof(LibC.FileSystemStatus.Available))),
        ("offsetof(struct statx, stx_rdev_major)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.RepresentedMajor))),
        ("offsetof(struct statx, stx_rdev_minor)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.RepresentedMinor))),
        ("sizeof(((struct sockaddr_un *)0)->sun_path)", LibC.UnixPathSize),
        ("sizeof(struct sockaddr_un)", LibC.UnixAddress("").Length),
        ("offsetof(struct sockaddr_un, sun_path)", LibC.UnixAddress("!").AsSpan().IndexOf((byte)'!')),
        ("sizeof(struct ucred)", Marshal.SizeOf<LibC.Credentials>()),
        ("offsetof(struct ucred, uid)", Offset<LibC.Credentials>(nameof(LibC.Credentials.User))),
        ("sizeof(struct timespec)", Marshal.SizeOf<LibC.TimeSpecification>()),
        ("offsetof(struct timespec, tv_nsec)", Offset<LibC.TimeSpecification>(nameof(LibC.TimeSpecification.Nanoseconds))),
        ("sizeof(struct itimerspec)", Marshal.SizeOf<LibC.TimerSpecification>()),
        ("offsetof(struct itimerspec, it_value)", Offset<LibC.TimerSpecification>(nameof(LibC.TimerSpecification.Value))),
        ("sizeof(struct sockaddr_vm)", LibC.VsockAddress(0, 0).Length),
        ("offsetof(struct sockaddr_vm, svm_port)", LibC.VsockAddress(0, 0xFF).AsSpan().IndexOf((byte)0xFF)),
        ("offsetof(struct sockaddr_vm, svm_cid)", LibC.VsockAddress(0xFF, 0).AsSpan().IndexOf((byte)0xFF)),
    ];

    [CompilerFact]
    public void Constants_have_the_values_of_the_headers() => Agree(
        from field in typeof(LibC).GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        where field.IsLiteral && !field.Name.Any(char.IsLower)
        select (field.Name, Value(field)));

    [CompilerFact]
    public void Error_numbers_have_the_values_of_the_headers() => Agree(
        from errno in Enum.GetValues<Errno>()
        where errno != Errno.Success
        select (errno.ToString(), (long)errno));

    [CompilerFact]
    public void Records_have_the_layout_of_the_headers() => Agree(Records);

    private static void Agree(IEnumerable<(string Expression, long Ours)> facts)
    {
        var all = facts.ToList();
        var lines = all.Select(fact => $"    printf(\"%s=%lld\\n\", \"{fact.Expression}\", (long long)({fact.Expression}));");
        var source = $"{Headers}\nint main(void)\n{{\n{string.Join('\n', lines)}\n    return 0;\n}}\n";

        Assert.NotEmpty(all);
        Assert.Equal(string.Concat(all.Select(fact => $"{fact.Expression}={fact.Ours}\n")), CProgram.OutputOf(source));
    }

    private static long Constant(string name) => Value(typeof(LibC).GetField(name, BindingFlags.Static | BindingFlags.NonPublic)!);

    private static long Value(FieldInfo constant) => Convert.ToInt64(constant.GetRawConstantValue(), CultureInfo.InvariantCulture);

    private static long Offset<T>(string field) => Marshal.OffsetOf<T>(field);
}
