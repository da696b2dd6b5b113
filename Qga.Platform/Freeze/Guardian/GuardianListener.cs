using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Freeze.Guardian;

/// <summary>Where agents that are started later find a guardian: at its address, once it listens.</summary>
internal sealed class GuardianListener : IDisposable
{
    private const int Backlog = 8;

    private readonly string? _path;
    private readonly LibC.FileStatus _file;

    private GuardianListener(SafeFileHandle socket, string? path)
    {
        Socket = socket;
        if (path is not null && LibC.LinkStatus(path, out _file) == Errno.Success)
            _path = path;
    }

    internal SafeFileHandle Socket { get; }

    /// <summary>Has the address, and does not listen yet. A path is taken from whoever had it: that is a guardian whose freeze is over.</summary>
    /// <returns>Null if it can't be had.</returns>
    internal static GuardianListener? TryBind(string address)
    {
        if (LibC.OpenSocket(LibC.AF_UNIX, out var socket, LibC.SOCK_SEQPACKET) == Errno.Success)
        {
            var path = address.StartsWith('/') ? address : null;
            if (path is not null)
            {
                _ = LibC.ChangeMode(socket, FileModes.OwnersFile);
                _ = LibC.Unlink(path);
            }

            if (LibC.Bind(socket, BytesOf(address)) == Errno.Success)
                return new GuardianListener(socket, path);
        }

        socket.Dispose();
        return null;
    }

    /// <summary>An address, a path or the name of an abstract one, as the kernel takes it.</summary>
    internal static byte[] BytesOf(string address) => address.StartsWith('/') ? LibC.UnixAddress(address) : LibC.AbstractAddress(address);

    internal Errno Listen() => LibC.Listen(Socket, Backlog);

    /// <summary>Gives the address up. A file on what may be frozen by somebody else stays, as nothing may hold up the end.</summary>
    public void Dispose()
    {
        if (!Socket.IsClosed && _path is not null && LibC.IsInMemory(_path)
            && LibC.LinkStatus(_path, out var file) == Errno.Success && file.IsSameFileAs(_file))
            _ = LibC.Unlink(_path);
        Socket.Dispose();
    }
}
