using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Readiness: epoll, with the constants of <c>sys/epoll.h</c>, and poll.</summary>
internal static partial class LibC
{
    internal const uint EPOLLIN = 0x001;
    internal const uint EPOLLOUT = 0x004;
    internal const uint EPOLLERR = 0x008;
    internal const uint EPOLLHUP = 0x010;
    internal const uint EPOLLRDHUP = 0x2000;
    internal const uint EPOLLET = 1u << 31;

    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_DEL = 2;
    internal const int EPOLL_CTL_MOD = 3;

    internal const short POLLIN = 0x001;
    internal const short POLLOUT = 0x004;

    private const int EPOLL_CLOEXEC = O_CLOEXEC;

    /// <summary>What a <c>struct epoll_event</c> has; its layout is the architecture's.</summary>
    internal readonly record struct EpollEvent(uint Events, ulong Data);

    /// <summary>Whether the other side of a device is gone just now.</summary>
    internal static bool IsHungUp(SafeFileHandle file)
    {
        Span<PollDescriptor> descriptors = [new() { Descriptor = (int)file.DangerousGetHandle() }];
        return Poll(descriptors, TimeSpan.Zero) == Errno.Success && (descriptors[0].ReturnedEvents & (short)EPOLLHUP) != 0;
    }

    /// <summary>Whether a process has ended; the handle is one of <see cref="OpenProcess"/> or <see cref="PeerProcess"/>.</summary>
    internal static bool HasEnded(SafeFileHandle process)
    {
        Span<PollDescriptor> descriptors = [new() { Descriptor = (int)process.DangerousGetHandle(), Events = POLLIN }];
        return Poll(descriptors, TimeSpan.Zero) == Errno.Success && descriptors[0].ReturnedEvents != 0;
    }

    /// <summary><c>struct pollfd</c>; the kernel passes over one whose descriptor is negative.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events;
        internal short ReturnedEvents;
    }

    internal static Errno CreatePoll(out SafeFileHandle poll)
    {
        poll = new SafeFileHandle(epoll_create1(EPOLL_CLOEXEC), ownsHandle: true);
        return poll.IsInvalid ? LastError : Errno.Success;
    }

    internal static unsafe Errno ControlPoll(SafeFileHandle poll, int operation, SafeHandle file, EpollEvent interest)
    {
        var record = stackalloc byte[ArchitectureNumbers.Own.EpollEventSize];
        *(uint*)record = interest.Events;
        Unsafe.WriteUnaligned(record + ArchitectureNumbers.Own.EpollDataOffset, interest.Data);
        return epoll_ctl(poll, operation, file, record) < 0 ? LastError : Errno.Success;
    }

    /// <summary>Waits without limit for one event; there is none after a signal, or an error.</summary>
    internal static unsafe Errno WaitPoll(SafeFileHandle poll, out EpollEvent? happened)
    {
        var record = stackalloc byte[ArchitectureNumbers.Own.EpollEventSize];
        var count = epoll_wait(poll, record, 1, -1);
        happened = count > 0
            ? new EpollEvent(*(uint*)record, Unsafe.ReadUnaligned<ulong>(record + ArchitectureNumbers.Own.EpollDataOffset))
            : null;
        return count < 0 && LastError != Errno.EINTR ? LastError : Errno.Success;
    }

    /// <summary>Waits until one of the descriptors is ready, without limit; a signal ends it early.</summary>
    internal static Errno Poll(Span<PollDescriptor> descriptors) => Poll(descriptors, Timeout.Infinite);

    /// <summary>Waits until one of the descriptors is ready, or the time is over, which may be so already; a signal ends it early.</summary>
    internal static Errno Poll(Span<PollDescriptor> descriptors, TimeSpan limit) =>
        Poll(descriptors, (int)Math.Clamp(Math.Ceiling(limit.TotalMilliseconds), 0, int.MaxValue));

    private static unsafe Errno Poll(Span<PollDescriptor> descriptors, int milliseconds)
    {
        fixed (PollDescriptor* first = descriptors)
            return poll(first, (nuint)descriptors.Length, milliseconds) < 0 && LastError != Errno.EINTR ? LastError : Errno.Success;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int poll(PollDescriptor* descriptors, nuint count, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int epoll_ctl(SafeFileHandle epfd, int operation, SafeHandle fd, byte* interest);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int epoll_wait(SafeFileHandle epfd, byte* events, int maximum, int timeout);
}
