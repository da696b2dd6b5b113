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

    /// <summary><c>struct epoll_event</c> of x86-64, the one architecture whose kernel packs it.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    internal struct EpollEvent
    {
        internal uint Events;
        internal ulong Data;
    }

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

    internal static Errno ControlPoll(SafeFileHandle poll, int operation, SafeHandle file, EpollEvent interest) =>
        epoll_ctl(poll, operation, file, ref interest) < 0 ? LastError : Errno.Success;

    /// <summary>Waits without limit; there are no events after a signal.</summary>
    internal static unsafe Errno WaitPoll(SafeFileHandle poll, Span<EpollEvent> events, out int count)
    {
        fixed (EpollEvent* first = events)
        {
            var result = epoll_wait(poll, first, events.Length, -1);
            count = Math.Max(result, 0);
            return result < 0 && LastError != Errno.EINTR ? LastError : Errno.Success;
        }
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
    private static partial int epoll_ctl(SafeFileHandle epfd, int operation, SafeHandle fd, ref EpollEvent interest);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int epoll_wait(SafeFileHandle epfd, EpollEvent* events, int maximum, int timeout);
}
