using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Streams;

/// <summary>
/// A non-blocking socket whose reader waits on its own thread, and so is at work at once when something comes. A write waits without a thread.
/// </summary>
/// <param name="socket">Taken over.</param>
internal sealed class WaitingStream(SafeFileHandle socket) : TwoWayStream
{
    private DescriptorStream? _overflow;

    /// <summary>Reads what there is, waiting on this thread for at least one byte; 0 at the end.</summary>
    /// <exception cref="PlatformException">The read failed.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var errno = LibC.Read(socket, buffer.Span, out var count);
            if (errno != Errno.EAGAIN)
            {
                SystemCallException.ThrowIfFailed(errno, "read");
                return ValueTask.FromResult(count);
            }

            SystemCallException.ThrowIfFailed(
                LibC.Poll([new() { Descriptor = (int)socket.DangerousGetHandle(), Events = LibC.POLLIN }]), "poll");
        }
    }

    /// <summary>Writes all of <paramref name="buffer"/>; one at a time.</summary>
    /// <exception cref="PlatformException">The write failed; the other side hears nothing more.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var errno = Errno.Success;
            for (var count = 0; !buffer.IsEmpty && errno == Errno.Success; buffer = buffer[count..])
                errno = LibC.Write(socket, buffer.Span, out count);
            if (errno == Errno.EAGAIN)
                await Overflow().WriteAsync(buffer, cancellationToken);
            else
                SystemCallException.ThrowIfFailed(errno, "write");
        }
        catch (PlatformException)
        {
            LibC.EndSending(socket);
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _overflow?.Dispose();
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The poller wakes for what it watches, so it watches only a socket that has been full.</summary>
    private DescriptorStream Overflow()
    {
        if (_overflow is not null)
            return _overflow;
        SystemCallException.ThrowIfFailed(LibC.Duplicate(socket, out var copy), "fcntl");
        return _overflow = new DescriptorStream(copy, EndOfFile.Final);
    }
}
