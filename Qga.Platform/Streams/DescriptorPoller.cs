using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Threads;

namespace Qga.Platform.Streams;

/// <summary>
/// Waits for every descriptor of the agent, with edge-triggered epoll: it makes no system call while nothing
/// happens, and hears of a host that attaches to a virtio port, which no read would tell. The thread that hears of an event does what
/// follows from it (<see cref="Turns"/>).
/// </summary>
internal sealed class DescriptorPoller
{
    private static readonly Lazy<DescriptorPoller> Lazy = new(() => new DescriptorPoller());

    private readonly SafeFileHandle _poll;
    private readonly ConcurrentDictionary<ulong, Watch> _watches = new();
    private ulong _lastWatch;

    private DescriptorPoller()
    {
        SystemCallException.ThrowIfFailed(LibC.CreatePoll(out _poll), "epoll_create1");
        AddThread();
    }

    internal static DescriptorPoller Shared => Lazy.Value;

    /// <summary>Adds a thread that waits. It hears of events while the others are held up by what follows from one.</summary>
    /// <exception cref="PlatformException">There are no threads left.</exception>
    internal void AddThread()
    {
        OwnThread.Start("poller", Run);
        Turns.Count();
    }

    /// <summary>Starts to watch <paramref name="file"/>; null when the kernel can't wait for it, as for a regular file.</summary>
    internal Watch? TryWatch(SafeFileHandle file)
    {
        var watch = new Watch(this, file, Interlocked.Increment(ref _lastWatch));
        _watches[watch.Key] = watch;
        var errno = LibC.ControlPoll(_poll, LibC.EPOLL_CTL_ADD, file, watch.Interest(LibC.EPOLLIN));
        if (errno == Errno.Success)
            return watch;

        _watches.TryRemove(watch.Key, out _);
        return errno == Errno.EPERM ? null : throw new SystemCallException(errno, "epoll_ctl");
    }

    private void Run()
    {
        Turns.Enlist();

        // One at a time: the next is for another thread while this one is in its turn.
        while (true)
        {
            SystemCallException.ThrowIfFailed(LibC.WaitPoll(_poll, out var happened), "epoll_wait");
            if (happened is { } news && _watches.TryGetValue(news.Data, out var watch))
                Turns.Take((watch, news.Events), static happened => happened.watch.Happened(happened.Events));
        }
    }

    /// <summary>The readiness of one descriptor.</summary>
    internal sealed class Watch(DescriptorPoller poller, SafeFileHandle file, ulong key) : IDisposable
    {
        internal ulong Key => key;

        internal ReadySignal Readable { get; } = new();

        internal ReadySignal Writable { get; } = new();

        /// <summary>
        /// Asks to hear of room for writing, or no more. It is off unless a write had to wait: each answer that a client takes
        /// in would otherwise wake the poller for nothing.
        /// </summary>
        internal void WatchWritable(bool wanted) =>
            _ = LibC.ControlPoll(poller._poll, LibC.EPOLL_CTL_MOD, file, Interest(wanted ? LibC.EPOLLIN | LibC.EPOLLOUT : LibC.EPOLLIN));

        internal LibC.EpollEvent Interest(uint events) => new(events | LibC.EPOLLRDHUP | LibC.EPOLLET, key);

        internal void Happened(uint events)
        {
            if ((events & ~LibC.EPOLLOUT) != 0)
                Readable.Raise();
            if ((events & (LibC.EPOLLOUT | LibC.EPOLLERR | LibC.EPOLLHUP)) != 0)
                Writable.Raise();
        }

        /// <summary>Stops watching and wakes whoever still waits; call it before the descriptor is closed.</summary>
        public void Dispose()
        {
            if (!poller._watches.TryRemove(key, out _))
                return;
            _ = LibC.ControlPoll(poller._poll, LibC.EPOLL_CTL_DEL, file, default);
            Readable.Raise();
            Writable.Raise();
        }
    }
}
