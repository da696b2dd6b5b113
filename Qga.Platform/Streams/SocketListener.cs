using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Streams;

/// <summary>A listening socket of the family AF_UNIX or AF_VSOCK.</summary>
public sealed class SocketListener : IDisposable
{
    private const int Backlog = 128;

    private readonly SafeFileHandle _socket;
    private readonly DescriptorPoller.Watch? _watch;
    private readonly IReadOnlyCollection<uint>? _admittedCids;
    private volatile bool _closed;

    private SocketListener(SafeFileHandle socket, IReadOnlyCollection<uint>? admittedCids)
    {
        _socket = socket;
        _admittedCids = admittedCids;
        _watch = DescriptorPoller.Shared.TryWatch(socket);
    }

    /// <summary>
    /// Listens on a unix socket with the given mode. A socket file that nobody listens on is replaced; anything else at
    /// <paramref name="path"/> is left alone.
    /// </summary>
    /// <exception cref="PlatformException">The path is too long, in use, or can't be made.</exception>
    public static SocketListener ListenUnix(string path, UnixFileMode mode)
    {
        if (!LibC.FitsUnixAddress(path))
            throw new PlatformException($"UNIX socket path '{path}' is too long") { IsLasting = true };

        // An address that begins with a NUL is an abstract one, which file modes don't guard (unix(7)).
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
            throw new SystemCallException(Errno.EINVAL, $"Failed to bind socket to '{path}'");

        var address = LibC.UnixAddress(path);
        return Listen(LibC.AF_UNIX, $"Failed to bind socket to {path}", admittedCids: null, socket =>
        {
            // The kernel gives the socket file the mode of the socket, less the umask, so at no moment is it wider than asked for;
            // what the umask took away is given back.
            _ = LibC.ChangeMode(socket, mode);
            var errno = LibC.Bind(socket, address);
            if (errno == Errno.EADDRINUSE)
            {
                RemoveStale(path, address);
                errno = LibC.Bind(socket, address);
            }

            if (errno == Errno.Success && LibC.Status(path, out var status) == Errno.Success && status.Permissions != mode)
                errno = LibC.ChangeMode(path, mode);
            return errno;
        });
    }

    /// <summary>Listens on a vsock port; <paramref name="admittedCids"/> names the peers to accept, null is everybody.</summary>
    /// <exception cref="PlatformException">The kernel has no vsock, or the port is in use.</exception>
    public static SocketListener ListenVsock(uint cid, uint port, IReadOnlyCollection<uint>? admittedCids) =>
        Listen(LibC.AF_VSOCK, "Failed to bind socket", admittedCids, socket => LibC.Bind(socket, LibC.VsockAddress(cid, port)));

    /// <summary>Takes over a socket that listens already, as service managers pass them.</summary>
    public static SocketListener Adopt(SafeFileHandle socket, IReadOnlyCollection<uint>? admittedCids)
    {
        var errno = LibC.MakeNonBlocking(socket);
        return errno == Errno.Success ? new SocketListener(socket, admittedCids) : throw new SystemCallException(errno, "fcntl");
    }

    /// <summary>Waits for the next client, without holding a thread.</summary>
    /// <exception cref="PlatformException">The socket is closed or broken.</exception>
    public async ValueTask<DescriptorStream> AcceptAsync()
    {
        while (true)
        {
            switch (Accept(out var client, out var cid))
            {
                case Errno.Success when _admittedCids is null || _admittedCids.Contains(cid):
                    try
                    {
                        return new DescriptorStream(client, EndOfFile.Final);
                    }
                    catch (PlatformException)
                    {
                        // The kernel can't watch one client more: that is this client's loss, not the others'.
                        client.Dispose();
                        break;
                    }

                case Errno.Success:
                    client.Dispose();
                    break;
                case Errno.EAGAIN when _watch is not null:
                    await _watch.Readable.WaitAsync();
                    break;
                case Errno.EINTR or Errno.ECONNABORTED or Errno.EPROTO:
                    break;
                case Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM:
                    // The client stays in the queue till a descriptor is free again (accept(2)).
                    await Task.Delay(TimeSpan.FromMilliseconds(100));
                    break;
                case var errno:
                    throw new SystemCallException(errno, "accept");
            }
        }
    }

    public void Dispose()
    {
        _closed = true;
        _watch?.Dispose();
        _socket.Dispose();
    }

    private static SocketListener Listen(
        int family, string failure, IReadOnlyCollection<uint>? admittedCids, Func<SafeFileHandle, Errno> bind)
    {
        var errno = LibC.OpenSocket(family, out var socket);
        try
        {
            if (errno == Errno.Success)
                errno = bind(socket);
            if (errno == Errno.Success)
                errno = LibC.Listen(socket, Backlog);
            return errno == Errno.Success
                ? new SocketListener(socket, admittedCids)
                : throw new SystemCallException(errno, failure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A connection refused is the one sign that a socket file was left behind (unix(7)).</summary>
    private static void RemoveStale(string path, byte[] address)
    {
        // Connecting to a plain file is refused too.
        var errno = LibC.LinkStatus(path, out var status);
        if (errno == Errno.Success && !status.IsSocket)
            throw new PlatformException($"Failed to bind socket to {path}: the path exists and is not a socket");

        errno = LibC.OpenConnection(address, out var probe);
        probe.Dispose();
        if (errno is Errno.Success or Errno.EAGAIN)
            throw new PlatformException($"Failed to bind socket to {path}: another process listens on it");
        if (errno == Errno.ECONNREFUSED)
            errno = LibC.Unlink(path);
        if (errno is not (Errno.Success or Errno.ENOENT))
            throw new SystemCallException(errno, $"Failed to replace the stale socket {path}");
    }

    private Errno Accept(out SafeFileHandle client, out uint cid)
    {
        Span<byte> address = stackalloc byte[16];
        address.Clear();
        client = new SafeFileHandle();
        cid = 0;
        if (_closed)
            return Errno.EBADF;

        try
        {
            var errno = LibC.Accept(_socket, address, out client);
            cid = LibC.CidOf(address);
            return errno;
        }
        catch (ObjectDisposedException)
        {
            return Errno.EBADF;
        }
    }
}
