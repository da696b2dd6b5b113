using System.Net.Sockets;
using System.Text;

namespace Qga.Bench;

/// <summary>A client that costs as little as it can: answers are counted, not kept or parsed.</summary>
internal sealed class Connection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _block = new byte[1 << 20];

    internal Connection(string socketPath)
    {
        _socket.ReceiveTimeout = _socket.SendTimeout = (int)Patience.TotalMilliseconds;
        try
        {
            _socket.Connect(new UnixDomainSocketEndPoint(socketPath));
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends one request and gives its answer, for what is not timed.</summary>
    internal string Ask(string request)
    {
        Send(Request(request));
        var answer = new StringBuilder();
        do
        {
            answer.Append(Encoding.ASCII.GetString(Receive()));
        }
        while (answer[^1] != '\n');

        var text = answer.ToString();
        return text.StartsWith("{\"return\"", StringComparison.Ordinal)
            ? text
            : throw new InvalidDataException($"{request[..Math.Min(request.Length, 200)]} was answered by {text}");
    }

    /// <summary>Requests of commands without arguments, each of which has been answered with success once.</summary>
    internal byte[][] Prepare(string[] commands) => Array.ConvertAll(commands, command =>
    {
        var request = $$"""{"execute":"{{command}}"}""";
        Ask(request);
        return Request(request);
    });

    internal static byte[] Request(string text) => Encoding.ASCII.GetBytes(text + "\n");

    internal void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Takes in the answers to as many requests; each ends with the only LF that it has.</summary>
    internal void Await(int answers)
    {
        while (answers > 0)
            answers -= Receive().Count((byte)'\n');
    }

    /// <summary>Sends one request and waits for the end of its answer.</summary>
    internal void Exchange(ReadOnlySpan<byte> request)
    {
        Send(request);
        Await(1);
    }

    public void Dispose() => _socket.Dispose();

    private ReadOnlySpan<byte> Receive()
    {
        var count = _socket.Receive(_block);
        return count > 0 ? _block.AsSpan(0, count) : throw new EndOfStreamException("the agent has closed the connection");
    }
}
