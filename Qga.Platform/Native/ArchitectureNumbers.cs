using System.Runtime.InteropServices;

namespace Qga.Platform.Native;

/// <summary>
/// What the kernel and the C library have otherwise on each architecture: <c>asm/fcntl.h</c>, <c>asm/unistd.h</c>, <c>sys/epoll.h</c> and
/// <c>utmpx.h</c>. All else that <see cref="LibC"/> repeats of the headers is the same on those that we run on.
/// </summary>
internal sealed record ArchitectureNumbers
{
    public static readonly ArchitectureNumbers X64 = new()
    {
        O_DIRECTORY = 0x10000,
        O_NOFOLLOW = 0x20000,
        SYS_setgroups = 116,
        SYS_getdents64 = 217,
        SYS_execveat = 322,
        EpollEventSize = 12,
        EpollDataOffset = 4,
        LoginRecordSize = 384,
        LoginSecondsOffset = 340,
        LoginMicrosecondsOffset = 344,
    };

    public static readonly ArchitectureNumbers Arm64 = new()
    {
        O_DIRECTORY = 0x4000,
        O_NOFOLLOW = 0x8000,
        SYS_setgroups = 159,
        SYS_getdents64 = 61,
        SYS_execveat = 281,
        EpollEventSize = 16,
        EpollDataOffset = 8,
        LoginRecordSize = 400,
        LoginSecondsOffset = 344,
        LoginMicrosecondsOffset = 352,
    };

    /// <summary>Those of the architecture that we run on.</summary>
    public static readonly ArchitectureNumbers Own = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => X64,
        Architecture.Arm64 => Arm64,
        var other => throw new PlatformNotSupportedException($"not for {other}"),
    };

    public required int O_DIRECTORY { get; init; }

    public required int O_NOFOLLOW { get; init; }

    public required int SYS_setgroups { get; init; }

    public required int SYS_getdents64 { get; init; }

    public required int SYS_execveat { get; init; }

    /// <summary>The size of a <c>struct epoll_event</c>, which the kernel packs on x86-64 alone.</summary>
    public required int EpollEventSize { get; init; }

    /// <summary>Where <c>data</c> is in it.</summary>
    public required int EpollDataOffset { get; init; }

    /// <summary>The size of glibc's <c>struct utmpx</c>, whose times have 32 bits on x86-64 alone.</summary>
    public required int LoginRecordSize { get; init; }

    /// <summary>Where <c>ut_tv.tv_sec</c> is in it.</summary>
    public required int LoginSecondsOffset { get; init; }

    /// <summary>Where <c>ut_tv.tv_usec</c> is in it.</summary>
    public required int LoginMicrosecondsOffset { get; init; }
}
