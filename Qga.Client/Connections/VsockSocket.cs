using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Qga.Client;

/// <summary>Connects to vsock(7), for which .NET has no endpoint.</summary>
internal static partial class VsockSocket
{
    internal const int AF_VSOCK = 40;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_CLOEXEC = 0x80000;

    /// <summary><c>struct sockaddr_vm</c> of linux/vm_sockets.h.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 16)]
    internal struct Address
    {
        internal ushort Family;
        internal ushort Reserved;
        internal uint Port;
        internal uint Cid;
    }

    /// <remarks>The kernel gives a guest two seconds to answer: who gives up before has the connection closed when it comes.</remarks>
    internal static Task<Stream> ConnectAsync(uint cid, uint port) => Task.Run<Stream>(() => Connect(cid, port), CancellationToken.None);

    private static SocketStream Connect(uint cid, uint port)
    {
        var descriptor = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            var address = new Address { Family = AF_VSOCK, Cid = cid, Port = port };
            return connect(handle, in address, (uint)Marshal.SizeOf<Address>()) == 0
                ? new SocketStream(new Socket(handle))
                : throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(SafeSocketHandle socket, in Address address, uint length);

    /// <summary>A <see cref="NetworkStream"/> takes no socket whose family it doesn't know.</summary>
    internal sealed class SocketStream(Socket socket) : DuplexStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (!buffer.IsEmpty)
                buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                socket.Dispose();
            base.Dispose(disposing);
        }
    }
}
