using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Streams;

/// <summary>
/// A non-blocking descriptor as a stream of bytes: a socket, a serial line or a virtio port. No thread is held while a read or
/// a write waits. One read and one write may be under way at the same time.
/// </summary>
public sealed class DescriptorStream : TwoWayStream
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(1);

    private readonly SafeFileHandle _file;
    private readonly EndOfFile _endOfFile;
    private readonly DescriptorPoller.Watch? _watch;
    private readonly CancellationTokenSource _closing = new();
    private TimeSpan _backOff = FirstBackOff;
    private bool _ended = true;
    private int _closed;

    /// <summary>Takes over <paramref name="file"/>, which must be in non-blocking mode.</summary>
    /// <exception cref="PlatformException">The descriptor can't be watched.</exception>
    public DescriptorStream(SafeFileHandle file, EndOfFile endOfFile)
    {
        _file = file;
        _endOfFile = endOfFile;
        _watch = DescriptorPoller.Shared.TryWatch(file);
    }

    /// <summary>Makes the threads that wait for all streams: one comes with the first stream, a second one is for an agent.</summary>
    /// <exception cref="PlatformException">There are no threads left.</exception>
    public static void Prepare() => DescriptorPoller.Shared.AddThread();

    /// <summary>Who is at the other end now, in words for an administrator.</summary>
    public string Peer => Examine(StreamPeer.Describe) ?? "nobody";

    /// <summary>Who is at the other end, for rules: <c>uid:1000</c> of a unix socket, <c>cid:2</c> over vsock; null of what is none.</summary>
    public string? PeerId => Examine(StreamPeer.Identify);

    /// <summary>Reads what there is, waiting for at least one byte; only disposing of the stream ends the wait before.</summary>
    /// <returns>
    /// The number of bytes; 0 at the end. With <see cref="EndOfFile.HostDetached"/> the end is told once, and the next read
    /// waits until a host is there again.
    /// </returns>
    /// <exception cref="PlatformException">The read failed, or the stream was closed meanwhile.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var errno = Attempt(buffer.Span, out var count);
            if (errno == Errno.EAGAIN)
            {
                await WaitAsync(_watch?.Readable);
                continue;
            }

            SystemCallException.ThrowIfFailed(errno, "read");

            if (count > 0 || _endOfFile == EndOfFile.Final)
            {
                _ended = false;
                _backOff = FirstBackOff;
                return count;
            }

            if (!_ended)
            {
                _ended = true;
                return 0;
            }

            await WaitAsync(_watch?.Readable);
        }
    }

    /// <summary>Writes all of <paramref name="buffer"/>, waiting for room; a cancelled write may have written a part.</summary>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var waited = false;
        await using var cancelled = cancellationToken.UnsafeRegister(static signal => (signal as ReadySignal)?.Raise(), _watch?.Writable);
        try
        {
            while (!buffer.IsEmpty)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var errno = AttemptWrite(buffer.Span, out var count);
                if (errno == Errno.EAGAIN)
                {
                    if (!waited)
                        _watch?.WatchWritable(waited = true);
                    await WaitAsync(_watch?.Writable);
                    continue;
                }

                SystemCallException.ThrowIfFailed(errno, "write");
                buffer = buffer[count..];
            }
        }
        finally
        {
            if (waited && Volatile.Read(ref _closed) == 0)
                _watch?.WatchWritable(false);
        }
    }

    /// <summary>Two streams that are connected to each other.</summary>
    /// <exception cref="PlatformException">There are no descriptors left.</exception>
    public static (DescriptorStream First, DescriptorStream Second) Pair()
    {
        SystemCallException.ThrowIfFailed(LibC.ConnectedPair(out var first, out var second, LibC.SOCK_STREAM), "socketpair");
        return (new DescriptorStream(first, EndOfFile.Final), new DescriptorStream(second, EndOfFile.Final));
    }

    /// <summary>Looks at the descriptor.</summary>
    /// <returns>What was seen; the default if the stream is closed.</returns>
    internal T? Examine<T>(Func<SafeFileHandle, T> look)
    {
        var isHeld = false;
        try
        {
            _file.DangerousAddRef(ref isHeld);
            return look(_file);
        }
        catch (ObjectDisposedException)
        {
            return default;
        }
        finally
        {
            if (isHeld)
                _file.DangerousRelease();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _watch?.Dispose();
            _file.Dispose();
            _closing.Cancel();
        }

        base.Dispose(disposing);
    }

    private Errno Attempt(Span<byte> buffer, out int count)
    {
        count = 0;
        try
        {
            return Volatile.Read(ref _closed) != 0 ? Errno.EBADF : LibC.Read(_file, buffer, out count);
        }
        catch (ObjectDisposedException)
        {
            return Errno.EBADF;
        }
    }

    private Errno AttemptWrite(ReadOnlySpan<byte> buffer, out int count)
    {
        count = 0;
        try
        {
            return Volatile.Read(ref _closed) != 0 ? Errno.EBADF : LibC.Write(_file, buffer, out count);
        }
        catch (ObjectDisposedException)
        {
            return Errno.EBADF;
        }
    }

    /// <summary>
    /// Waits for the next edge: a virtio port gives one for every buffer that a host sends, so a port without a host costs
    /// nothing. A file that can't be polled (someone's stand-in for a port) is looked at again after a growing pause.
    /// </summary>
    private async ValueTask WaitAsync(ReadySignal? signal)
    {
        if (signal is not null)
        {
            await signal.WaitAsync();
            return;
        }

        await Task.Delay(_backOff, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _backOff = _backOff * 2 < LongestBackOff ? _backOff * 2 : LongestBackOff;
    }
}

/// <summary>What it means that a read finds the end of a stream.</summary>
public enum EndOfFile
{
    /// <summary>The other side has closed: a socket, a serial line that was hung up.</summary>
    Final,

    /// <summary>No host is attached to the virtio port just now; one may come.</summary>
    HostDetached,
}
