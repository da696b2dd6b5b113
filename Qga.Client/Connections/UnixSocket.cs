using System.Net.Sockets;

namespace Qga.Client;

/// <summary>Connects to unix sockets.</summary>
internal static class UnixSocket
{
    internal static async Task<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        UnixDomainSocketEndPoint place;
        try
        {
            place = new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException failure)
        {
            throw new IOException("the path of the socket is too long (unix(7))", failure);
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(place, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            // .NET has this for ENOENT, too, which a connect to a path has.
            socket.Dispose();
            throw new IOException("No such file or directory", failure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
