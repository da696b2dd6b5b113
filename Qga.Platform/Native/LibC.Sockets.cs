using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Sockets of the families that a host reaches a guest by: <c>AF_UNIX</c> and <c>AF_VSOCK</c> (vsock(7)).</summary>
internal static partial class LibC
{
    internal const int AF_UNIX = 1;
    internal const int AF_VSOCK = 40;

    /// <summary>The size of <c>sun_path</c>, its final NUL included (unix(7)).</summary>
    internal const int UnixPathSize = 108;

    private const int SOCK_STREAM = 1;
    private const int SOCK_NONBLOCK = O_NONBLOCK;
    private const int SOCK_CLOEXEC = O_CLOEXEC;

    internal static Errno OpenSocket(int family, out SafeFileHandle socketHandle)
    {
        var descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        socketHandle = new SafeFileHandle(descriptor, ownsHandle: true);
        return descriptor < 0 ? LastError : Errno.Success;
    }

    internal static unsafe Errno Bind(SafeFileHandle socketHandle, ReadOnlySpan<byte> address)
    {
        fixed (byte* start = address)
            return bind(socketHandle, start, (uint)address.Length) < 0 ? LastError : Errno.Success;
    }

    internal static unsafe Errno Connect(SafeFileHandle socketHandle, ReadOnlySpan<byte> address)
    {
        fixed (byte* start = address)
            return connect(socketHandle, start, (uint)address.Length) < 0 ? LastError : Errno.Success;
    }

    internal static Errno Listen(SafeFileHandle socketHandle, int backlog) =>
        listen(socketHandle, backlog) < 0 ? LastError : Errno.Success;

    /// <summary>Takes one waiting client; <paramref name="address"/> receives the start of its address.</summary>
    internal static unsafe Errno Accept(SafeFileHandle listener, Span<byte> address, out SafeFileHandle client)
    {
        fixed (byte* start = address)
        {
            var length = (uint)address.Length;
            var descriptor = accept4(listener, start, ref length, SOCK_NONBLOCK | SOCK_CLOEXEC);
            client = new SafeFileHandle(descriptor, ownsHandle: true);
            return descriptor < 0 ? LastError : Errno.Success;
        }
    }

    /// <summary>A <c>sockaddr_un</c>; the path must be shorter than <see cref="UnixPathSize"/> bytes.</summary>
    internal static byte[] UnixAddress(string path)
    {
        var address = new byte[sizeof(ushort) + UnixPathSize];
        BinaryPrimitives.WriteUInt16LittleEndian(address, AF_UNIX);
        Encoding.UTF8.GetBytes(path, address.AsSpan(sizeof(ushort), UnixPathSize - 1));
        return address;
    }

    /// <summary>A <c>sockaddr_vm</c>: family, reserved, port, CID, flags and padding, 16 bytes.</summary>
    internal static byte[] VsockAddress(uint cid, uint port)
    {
        var address = new byte[16];
        BinaryPrimitives.WriteUInt16LittleEndian(address, AF_VSOCK);
        BinaryPrimitives.WriteUInt32LittleEndian(address.AsSpan(4), port);
        BinaryPrimitives.WriteUInt32LittleEndian(address.AsSpan(8), cid);
        return address;
    }

    internal static uint CidOf(ReadOnlySpan<byte> vsockAddress) => BinaryPrimitives.ReadUInt32LittleEndian(vsockAddress[8..]);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int bind(SafeFileHandle fd, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int connect(SafeFileHandle fd, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(SafeFileHandle fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int accept4(SafeFileHandle fd, byte* address, ref uint length, int flags);
}
