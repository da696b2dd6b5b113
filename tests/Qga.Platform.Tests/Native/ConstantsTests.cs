using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Qga.Platform.Identity;
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
        #include <netinet/in.h>
        #include <poll.h>
        #include <pthread.h>
        #include <signal.h>
        #include <spawn.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/epoll.h>
        #include <sys/file.h>
        #include <sys/ioctl.h>
        #include <sys/mman.h>
        #include <sys/prctl.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/statvfs.h>
        #include <sys/timerfd.h>
        #include <sys/un.h>
        #include <sys/utsname.h>
        #include <sys/wait.h>
        #include <syslog.h>
        #include <termios.h>
        #include <time.h>
        #include <unistd.h>
        #include <utmpx.h>
        #include <linux/capability.h>
        #include <linux/fs.h>
        #include <linux/loop.h>
        #include <linux/if_addr.h>
        #include <linux/if_link.h>
        #include <linux/netlink.h>
        #include <linux/rtnetlink.h>
        #include <linux/rtc.h>
        #include <linux/nvme_ioctl.h>
        #include <linux/magic.h>
        #include <linux/vm_sockets.h>
        #include <sys/prctl.h>
        #include <sys/resource.h>
        #include <sys/vfs.h>
        #ifndef SO_PEERPIDFD
        #define SO_PEERPIDFD 77     /* of Linux 6.5 */
        #endif
        """;

    private static readonly (string Expression, long Ours)[] Records =
    [
        ("offsetof(struct epoll_event, events)", 0),
        ($"sizeof(pthread_attr_t) > {LibC.ThreadAttributesSize}", 0),
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
        ("sizeof(struct statfs)", 15 * sizeof(long)),
        ("offsetof(struct statfs, f_type)", 0),
        ("sizeof(((struct statfs *)0)->f_type)", sizeof(long)),
        ("sizeof(struct rlimit)", Marshal.SizeOf<LibC.ResourceLimit>()),
        ("offsetof(struct rlimit, rlim_max)", Offset<LibC.ResourceLimit>(nameof(LibC.ResourceLimit.Hard))),
        ("sizeof(struct statvfs)", Marshal.SizeOf<LibC.FileSystemStatus>()),
        ("offsetof(struct statvfs, f_frsize)", Offset<LibC.FileSystemStatus>(nameof(LibC.FileSystemStatus.BlockSize))),
        ("offsetof(struct statvfs, f_blocks)", Offset<LibC.FileSystemStatus>(nameof(LibC.FileSystemStatus.Blocks))),
        ("offsetof(struct statvfs, f_bfree)", Offset<LibC.FileSystemStatus>(nameof(LibC.FileSystemStatus.Free))),
        ("offsetof(struct statvfs, f_bavail)", Offset<LibC.FileSystemStatus>(nameof(LibC.FileSystemStatus.Available))),
        ("offsetof(struct statx, stx_rdev_major)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.RepresentedMajor))),
        ("offsetof(struct statx, stx_rdev_minor)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.RepresentedMinor))),
        ("offsetof(struct statx, stx_mtime.tv_sec)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.ModifiedSeconds))),
        ("offsetof(struct statx, stx_mtime.tv_nsec)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.ModifiedNanoseconds))),
        ("offsetof(struct statx, stx_mask)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.Mask))),
        ("offsetof(struct statx, stx_mnt_id)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.MountId))),
        ("offsetof(struct statx, stx_nlink)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.Links))),
        ("offsetof(struct statx, stx_gid)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.Gid))),
        ("offsetof(struct statx, stx_size)", Offset<LibC.FileStatus>(nameof(LibC.FileStatus.Size))),
        ("sizeof(siginfo_t)", LibC.SignalInformationSize),
        ("offsetof(siginfo_t, si_code)", LibC.SignalCodeOffset),
        ("offsetof(siginfo_t, si_pid)", LibC.SignalProcessOffset),
        ("offsetof(siginfo_t, si_status)", LibC.SignalStatusOffset),
        ("CLD_EXITED", LibC.CLD_EXITED),
        ("sizeof(struct __user_cap_header_struct)", 2 * sizeof(uint)),
        ("sizeof(struct __user_cap_data_struct) * _LINUX_CAPABILITY_U32S_3", 6 * sizeof(uint)),
        ("sizeof(((struct sockaddr_un *)0)->sun_path)", LibC.UnixPathSize),
        ("sizeof(struct sockaddr_un)", LibC.UnixAddress("").Length),
        ("offsetof(struct sockaddr_un, sun_path)", LibC.UnixAddress("!").AsSpan().IndexOf((byte)'!')),
        ("sizeof(struct ucred)", Marshal.SizeOf<LibC.Credentials>()),
        ("offsetof(struct ucred, uid)", Offset<LibC.Credentials>(nameof(LibC.Credentials.User))),
        ("sizeof(struct timespec)", Marshal.SizeOf<LibC.TimeSpecification>()),
        ("offsetof(struct timespec, tv_nsec)", Offset<LibC.TimeSpecification>(nameof(LibC.TimeSpecification.Nanoseconds))),
        ("sizeof(struct itimerspec)", Marshal.SizeOf<LibC.TimerSpecification>()),
        ("offsetof(struct itimerspec, it_value)", Offset<LibC.TimerSpecification>(nameof(LibC.TimerSpecification.Value))),
        ("sizeof(struct iovec)", Marshal.SizeOf<LibC.IoVector>()),
        ("offsetof(struct iovec, iov_len)", Offset<LibC.IoVector>(nameof(LibC.IoVector.Length))),
        ("sizeof(struct msghdr)", Marshal.SizeOf<LibC.MessageHeader>()),
        ("offsetof(struct msghdr, msg_iov)", Offset<LibC.MessageHeader>(nameof(LibC.MessageHeader.Vectors))),
        ("offsetof(struct msghdr, msg_iovlen)", Offset<LibC.MessageHeader>(nameof(LibC.MessageHeader.VectorCount))),
        ("offsetof(struct msghdr, msg_control)", Offset<LibC.MessageHeader>(nameof(LibC.MessageHeader.Control))),
        ("offsetof(struct msghdr, msg_controllen)", Offset<LibC.MessageHeader>(nameof(LibC.MessageHeader.ControlLength))),
        ("offsetof(struct msghdr, msg_flags)", Offset<LibC.MessageHeader>(nameof(LibC.MessageHeader.Flags))),
        ("sizeof(struct cmsghdr)", Marshal.SizeOf<LibC.ControlHeader>()),
        ("CMSG_LEN(0)", Marshal.SizeOf<LibC.ControlHeader>()),
        ("offsetof(struct cmsghdr, cmsg_level)", Offset<LibC.ControlHeader>(nameof(LibC.ControlHeader.Level))),
        ("offsetof(struct cmsghdr, cmsg_type)", Offset<LibC.ControlHeader>(nameof(LibC.ControlHeader.Type))),
        ("sizeof(struct sockaddr_vm)", LibC.VsockAddress(0, 0).Length),
        ("offsetof(struct sockaddr_vm, svm_port)", LibC.VsockAddress(0, 0xFF).AsSpan().IndexOf((byte)0xFF)),
        ("offsetof(struct sockaddr_vm, svm_cid)", LibC.VsockAddress(0xFF, 0).AsSpan().IndexOf((byte)0xFF)),
        ("sizeof(struct nlmsghdr)", Marshal.SizeOf<LibC.NetlinkHeader>()),
        ("offsetof(struct nlmsghdr, nlmsg_type)", Offset<LibC.NetlinkHeader>(nameof(LibC.NetlinkHeader.Type))),
        ("offsetof(struct nlmsghdr, nlmsg_flags)", Offset<LibC.NetlinkHeader>(nameof(LibC.NetlinkHeader.Flags))),
        ("sizeof(struct rtattr)", Marshal.SizeOf<LibC.RouteAttribute>()),
        ("offsetof(struct rtattr, rta_type)", Offset<LibC.RouteAttribute>(nameof(LibC.RouteAttribute.Type))),
        ("sizeof(struct ifinfomsg)", Marshal.SizeOf<LibC.LinkMessage>()),
        ("offsetof(struct ifinfomsg, ifi_index)", Offset<LibC.LinkMessage>(nameof(LibC.LinkMessage.Index))),
        ("sizeof(struct ifaddrmsg)", Marshal.SizeOf<LibC.AddressMessage>()),
        ("offsetof(struct ifaddrmsg, ifa_prefixlen)", Offset<LibC.AddressMessage>(nameof(LibC.AddressMessage.PrefixLength))),
        ("offsetof(struct ifaddrmsg, ifa_index)", Offset<LibC.AddressMessage>(nameof(LibC.AddressMessage.Index))),
        ("offsetof(struct rtnl_link_stats64, tx_bytes)", Offset<LibC.LinkStatistics>(nameof(LibC.LinkStatistics.SentBytes))),
        ("offsetof(struct rtnl_link_stats64, tx_dropped)", Offset<LibC.LinkStatistics>(nameof(LibC.LinkStatistics.SentDropped))),
        ("offsetof(struct rtnl_link_stats64, rx_missed_errors)", Offset<LibC.LinkStatistics>(nameof(LibC.LinkStatistics.ReceivedMissed))),
        ("sizeof(struct tm)", Marshal.SizeOf<LibC.CalendarTime>()),
        ("offsetof(struct tm, tm_sec)", Offset<LibC.CalendarTime>(nameof(LibC.CalendarTime.Second))),
        ("offsetof(struct tm, tm_year)", Offset<LibC.CalendarTime>(nameof(LibC.CalendarTime.Year))),
        ("offsetof(struct tm, tm_isdst)", Offset<LibC.CalendarTime>(nameof(LibC.CalendarTime.IsDaylightSaving))),
        ("offsetof(struct tm, tm_gmtoff)", Offset<LibC.CalendarTime>(nameof(LibC.CalendarTime.Offset))),
        ("offsetof(struct tm, tm_zone)", Offset<LibC.CalendarTime>(nameof(LibC.CalendarTime.Zone))),
        ("sizeof(struct rtc_time)", Marshal.SizeOf<LibC.RtcTime>()),
        ("offsetof(struct rtc_time, tm_sec)", Offset<LibC.RtcTime>(nameof(LibC.RtcTime.Second))),
        ("offsetof(struct rtc_time, tm_mday)", Offset<LibC.RtcTime>(nameof(LibC.RtcTime.Day))),
        ("offsetof(struct rtc_time, tm_year)", Offset<LibC.RtcTime>(nameof(LibC.RtcTime.Year))),
        ("offsetof(struct rtc_time, tm_isdst)", Offset<LibC.RtcTime>(nameof(LibC.RtcTime.IsDaylightSaving))),
        ("sizeof(struct utsname)", 6 * LibC.SystemNameSize),
        ("offsetof(struct utsname, nodename)", LibC.SystemNameSize),
        ("offsetof(struct utsname, release)", 2 * LibC.SystemNameSize),
        ("offsetof(struct utsname, version)", 3 * LibC.SystemNameSize),
        ("offsetof(struct utsname, machine)", 4 * LibC.SystemNameSize),
        ("offsetof(struct utmpx, ut_type)", 0),
        ("offsetof(struct utmpx, ut_user)", Utmp.UserOffset),
        ("sizeof(((struct utmpx *)0)->ut_user)", Utmp.UserSize),
        ("USER_PROCESS", Utmp.UserProcess),
    ];

    private static IEnumerable<(string Expression, long Ours)> Constants =>
        from constant in typeof(LibC).GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        where constant.IsLiteral && !constant.Name.Any(char.IsLower)
        select (constant.Name, Value(constant));

    private static IEnumerable<(string Expression, long Ours)> ErrorNumbers =>
        from errno in Enum.GetValues<Errno>()
        where errno != Errno.Success
        select (errno.ToString(), (long)errno);

    [CompilerFact]
    public void Constants_have_the_values_of_the_headers() => Agree(CTarget.Own, Constants);

    [CompilerFact]
    public void Error_numbers_have_the_values_of_the_headers() => Agree(CTarget.Own, ErrorNumbers);

    [CompilerFact]
    public void Records_have_the_layout_of_the_headers() => Agree(CTarget.Own, Records);

    [CompilerFact]
    public void Numbers_of_this_architecture_are_those_of_its_headers() => Agree(CTarget.Own, Numbers(ArchitectureNumbers.Own));

    [CompilerFact(Target = CTarget.Arm64)]
    public void Constants_have_the_values_of_the_headers_of_arm64() => Agree(CTarget.Arm64, Constants);

    [CompilerFact(Target = CTarget.Arm64)]
    public void Error_numbers_have_the_values_of_the_headers_of_arm64() => Agree(CTarget.Arm64, ErrorNumbers);

    [CompilerFact(Target = CTarget.Arm64)]
    public void Records_have_the_layout_of_the_headers_of_arm64() => Agree(CTarget.Arm64, Records);

    [CompilerFact(Target = CTarget.Arm64)]
    public void Numbers_of_arm64_are_those_of_its_headers() => Agree(CTarget.Arm64, Numbers(ArchitectureNumbers.Arm64));

    private static IEnumerable<(string Expression, long Ours)> Numbers(ArchitectureNumbers numbers) =>
        from property in typeof(ArchitectureNumbers).GetProperties()
        where property.PropertyType == typeof(int)
        select (ExpressionOf(property.Name), Convert.ToInt64(property.GetValue(numbers), CultureInfo.InvariantCulture));

    /// <summary>What a number is in C; one that has a header's name is that.</summary>
    private static string ExpressionOf(string name) => name switch
    {
        nameof(ArchitectureNumbers.EpollEventSize) => "sizeof(struct epoll_event)",
        nameof(ArchitectureNumbers.EpollDataOffset) => "offsetof(struct epoll_event, data)",
        nameof(ArchitectureNumbers.LoginRecordSize) => "sizeof(struct utmpx)",
        nameof(ArchitectureNumbers.LoginSecondsOffset) => "offsetof(struct utmpx, ut_tv.tv_sec)",
        nameof(ArchitectureNumbers.LoginMicrosecondsOffset) => "offsetof(struct utmpx, ut_tv.tv_usec)",
        _ => name,
    };

    private static void Agree(string target, IEnumerable<(string Expression, long Ours)> facts)
    {
        var all = facts.ToList();
        var lines = all.Select(fact => $"    printf(\"%s=%lld\\n\", \"{fact.Expression}\", (long long)({fact.Expression}));");
        var source = $"{Headers}\nint main(void)\n{{\n{string.Join('\n', lines)}\n    return 0;\n}}\n";

        Assert.NotEmpty(all);
        Assert.Equal(string.Concat(all.Select(fact => $"{fact.Expression}={fact.Ours}\n")), CProgram.OutputOf(source, target: target));
    }

    private static long Constant(string name) => Value(typeof(LibC).GetField(name, BindingFlags.Static | BindingFlags.NonPublic)!);

    private static long Value(FieldInfo constant) => Convert.ToInt64(constant.GetRawConstantValue(), CultureInfo.InvariantCulture);

    private static long Offset<T>(string field) => Marshal.OffsetOf<T>(field);
}
