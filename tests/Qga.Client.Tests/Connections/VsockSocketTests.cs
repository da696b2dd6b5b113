using System.Net.Sockets;
using System.Runtime.InteropServices;
using Qga.Testing;

namespace Qga.Client.Tests.Connections;

/// <summary>What vsock needs of the C library is as its headers have it. A connection takes a host and a guest, but its stream any socket.</summary>
public class VsockSocketTests
{
    [Fact]
    public async Task Stream_reads_and_writes_all_of_it()
    {
        using var scratch = new ScratchDirectory();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(scratch.PathOf("socket")));
        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(scratch.PathOf("socket")));
        await using var near = new VsockSocket.SocketStream(client);
        await using var far = new NetworkStream(await listener.AcceptAsync(), ownsSocket: true);
        var content = new byte[3_000_000];
        Random.Shared.NextBytes(content);

        var writing = near.WriteAsync(content);
        var received = new byte[content.Length];
        await far.ReadExactlyAsync(received);
        await writing;
        Assert.Equal(content, received);
        var sending = far.WriteAsync(content).AsTask();
        await near.ReadExactlyAsync(received.AsMemory(0, 1000));
        Assert.Equal(content[..1000], received[..1000]);
        await near.ReadExactlyAsync(received.AsMemory(1000));
        await sending;
        await near.DisposeAsync();
        Assert.Equal(0, await far.ReadAsync(received));
    }

    [CompilerFact]
    public void Constants_and_the_address_are_those_of_the_headers()
    {
        var printed = CProgram.OutputOf("""
            #include <stddef.h>
            #include <stdio.h>
            #include <sys/socket.h>
            #include <linux/vm_sockets.h>
            int main(void)
            {
                printf("%d %d %d %zu %zu %zu %zu", AF_VSOCK, SOCK_STREAM, SOCK_CLOEXEC, sizeof(struct sockaddr_vm),
                    offsetof(struct sockaddr_vm, svm_family), offsetof(struct sockaddr_vm, svm_port), offsetof(struct sockaddr_vm, svm_cid));
            }
            """);

        Assert.Equal(printed, string.Join(' ', VsockSocket.AF_VSOCK, VsockSocket.SOCK_STREAM, VsockSocket.SOCK_CLOEXEC,
            Marshal.SizeOf<VsockSocket.Address>(), Offset("Family"), Offset("Port"), Offset("Cid")));

        static nint Offset(string field) => Marshal.OffsetOf<VsockSocket.Address>(field);
    }

    [Fact]
    public async Task Guest_that_is_not_there_is_a_connection_error()
    {
        var failure = await Assert.ThrowsAsync<QgaConnectionException>(() => GuestAgent.ConnectAsync("vsock:4294967294:1"));
        Assert.StartsWith("vsock:4294967294:1: ", failure.Message, StringComparison.Ordinal);
    }
}
