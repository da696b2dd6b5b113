using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Sockets of the families that a host reaches a guest by, <c>AF_UNIX</c> and <c>AF_VSOCK</c> (vsock(7)), and among ourselves.</summary>
internal static partial class LibC
{
    internal const int AF_UNIX = 1;
    internal const int AF_VSOCK = 40;

    /// <summary>The size of <c>sun_path</c>, its final NUL included (unix(7)).</summary>
    internal const int UnixPathSize = 108;

    internal const int SOCK_STREAM = 1;
    internal const int SOCK_DGRAM = 2;
    internal const int SOCK_SEQPACKET = 5;

    private const int SO_PEERCRED = 17;
    private const int SO_PEERPIDFD = 77;
    private const int SHUT_WR = 1;
    private const int SOCK_NONBLOCK = O_NONBLOCK;
    private const int SOCK_CLOEXEC = O_CLOEXEC;

    /// <summary><c>struct ucred</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Credentials
    {
        internal int Process;
        internal uint User;
        internal uint Group;
    }

    internal static Errno OpenSocket(int family, out SafeFileHandle socketHandle, int type = SOCK_STREAM)
    {
        var descriptor = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        socketHandle = new SafeFileHandle(descriptor, ownsHandle: true);
        return descriptor < 0 ? LastError : Errno.Success;
    }

    /// <summary>A socket that is connected to a unix address, if that succeeds; in any case the caller disposes of it.</summary>
    internal static Errno OpenConnection(ReadOnlySpan<byte> address, out SafeFileHandle connection, int type = SOCK_STREAM)
    {
        var errno = OpenSocket(AF_UNIX, out connection, type);
        return errno == Errno.Success ? Connect(connection, address) : errno;
    }

    /// <summary>Two sockets that are connected to each other; by default they keep messages apart.</summary>
    internal static Errno ConnectedPair(out SafeFileHandle ours, out SafeFileHandle theirs, int type = SOCK_SEQPACKET)
    {
        Span<int> ends = [-1, -1];
        var errno = socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0 ? LastError : Errno.Success;
        ours = new SafeFileHandle(ends[0], ownsHandle: true);
        theirs = new SafeFileHandle(ends[1], ownsHandle: true);
        return errno;
    }

    /// <summary>A descriptor of the process that <see cref="PeerCredentials"/> tells; a kernel before 6.5 has none.</summary>
    internal static Errno PeerProcess(SafeFileHandle socketHandle, out SafeFileHandle process)
    {
        var size = sizeof(int);
        var errno = getsockopt((int)socketHandle.DangerousGetHandle(), SOL_SOCKET, SO_PEERPIDFD, out var descriptor, ref size) < 0
            ? LastError
            : Errno.Success;
        process = new SafeFileHandle(errno == Errno.Success ? descriptor : -1, ownsHandle: true);
        return errno;
    }

    /// <summary>The process that has connected, or that listens, at the other end, as it was then.</summary>
    internal static Errno PeerCredentials(SafeFileHandle socketHandle, out Credentials credentials)
    {
        var size = (uint)Marshal.SizeOf<Credentials>();
        return getsockopt(socketHandle, SOL_SOCKET, SO_PEERCRED, out credentials, ref size) < 0 ? LastError : Errno.Success;
    }

    /// <summary>The address of the other end; the buffer receives its start.</summary>
    internal static unsafe Errno PeerAddress(SafeFileHandle socketHandle, Span<byte> address)
    {
        fixed (byte* start = address)
        {
            var length = (uint)address.Length;
            return getpeername(socketHandle, start, ref length) < 0 ? LastError : Errno.Success;
        }
    }

    /// <summary>Tells the other end that nothing more comes from ours, which still hears it.</summary>
    internal static Errno EndSending(SafeFileHandle socketHandle) => shutdown(socketHandle, SHUT_WR) < 0 ? LastError : Errno.Success;

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

    /// <summary>Whether there is room in a <c>sockaddr_un</c> for a path and its NUL, or for the NUL and the name of an abstract one.</summary>
    internal static bool FitsUnixAddress(string path) => KernelPath.Encode(path).Length <= UnixPathSize;

    /// <summary>A <c>sockaddr_un</c>; the path must fit, see <see cref="FitsUnixAddress"/>.</summary>
    internal static byte[] UnixAddress(string path)
    {
        var address = new byte[sizeof(ushort) + UnixPathSize];
        BinaryPrimitives.WriteUInt16LittleEndian(address, AF_UNIX);
        KernelPath.Encode(path).CopyTo(address, sizeof(ushort));
        return address;
    }

    /// <summary>
    /// A <c>sockaddr_un</c> of the abstract kind, which is no file; the name must fit, see <see cref="FitsUnixAddress"/>.
    /// </summary>
    internal static byte[] AbstractAddress(string name)
    {
        var address = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(address, AF_UNIX);
        return [.. address, 0, .. KernelPath.Bytes(name)];
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
    private static partial int socketpair(int family, int type, int protocol, Span<int> ends);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(SafeFileHandle fd, int level, int name, out Credentials value, ref uint size);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int getpeername(SafeFileHandle fd, byte* address, ref uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int shutdown(SafeFileHandle fd, int how);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int bind(SafeFileHandle fd, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int connect(SafeFileHandle fd, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(SafeFileHandle fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int accept4(SafeFileHandle fd, byte* address, ref uint length, int flags);
}
