using System.Buffers;
using System.Net.Sockets;
using System.Text;

namespace Qga.Testing;

/// <summary>A host on a unix socket. Lines are texts in which each character is one byte.</summary>
public sealed class QmpClient : IDisposable
{
    /// <summary>How long an answer may take before the test is given up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _block = new byte[64 << 10];
    private readonly ArrayBufferWriter<byte> _line = new();
    private Memory<byte> _unread;

    public QmpClient(string socketPath)
    {
        _socket.ReceiveTimeout = _socket.SendTimeout = (int)Patience.TotalMilliseconds;
        _socket.Connect(new UnixDomainSocketEndPoint(socketPath));
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    public void Send(string text) => Send(Encoding.Latin1.GetBytes(text));

    /// <summary>The next line without its LF; null at the end of the stream.</summary>
    public string? ReadLine()
    {
        _line.ResetWrittenCount();
        while (true)
        {
            var end = _unread.Span.IndexOf((byte)'\n');
            if (end >= 0)
            {
                _line.Write(_unread.Span[..end]);
                _unread = _unread[(end + 1)..];
                return Encoding.Latin1.GetString(_line.WrittenSpan);
            }

            _line.Write(_unread.Span);
            _unread = _block.AsMemory(0, _socket.Receive(_block));
            if (_unread.IsEmpty)
                return null;
        }
    }

    /// <summary>Sends one request and gives its answer.</summary>
    public string Ask(string request)
    {
        Send(request + "\n");
        return ReadLine() ?? throw new EndOfStreamException($"no answer to {request}");
    }

    public void Dispose() => _socket.Dispose();
}
