using System.Buffers;
using System.Net.Sockets;
using System.Text;

namespace Qga.Testing;

/// <summary>A host on a stream. Lines are texts in which each character is one byte.</summary>
public sealed class QmpClient : IDisposable
{
    private readonly Stream _stream;
    private readonly byte[] _block = new byte[64 << 10];
    private readonly ArrayBufferWriter<byte> _line = new();
    private Memory<byte> _unread;

    public QmpClient(Stream stream) => _stream = stream;

    /// <summary>Connects to a unix socket.</summary>
    public static QmpClient Connect(string socketPath)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.ReceiveTimeout = socket.SendTimeout = (int)Eventually.Patience.TotalMilliseconds;
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            return new QmpClient(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects as soon as the agent accepts: nothing tells when, so it is tried.</summary>
    public static QmpClient ConnectOnceListening(string socketPath, RunningProcess agent)
    {
        QmpClient? client = null;
        Eventually.True(() =>
        {
            try
            {
                client = Connect(socketPath);
                return true;
            }
            catch (SocketException failure) when (agent.HasExited)
            {
                throw new InvalidOperationException($"the agent has ended: {agent.Output}", failure);
            }
            catch (SocketException)
            {
                return false;
            }
        });
        return client!;
    }

    public void Send(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    public void Send(string text) => Send(Encoding.Latin1.GetBytes(text));

    /// <summary>Has no more to say, but still listens.</summary>
    public void EndSending() => ((NetworkStream)_stream).Socket.Shutdown(SocketShutdown.Send);

    /// <summary>How long a socket may stay silent.</summary>
    public TimeSpan Timeout
    {
        set => _stream.ReadTimeout = (int)value.TotalMilliseconds;
    }

    /// <summary>The next line without its LF; null at the end of the stream.</summary>
    public string? ReadLine()
    {
        while (true)
        {
            var end = _unread.Span.IndexOf((byte)'\n');
            if (end >= 0)
            {
                _line.Write(_unread.Span[..end]);
                _unread = _unread[(end + 1)..];
                var line = Encoding.Latin1.GetString(_line.WrittenSpan);
                _line.ResetWrittenCount();
                return line;
            }

            _line.Write(_unread.Span);
            _unread = default;
            _unread = ReadBlock();
            if (_unread.IsEmpty)
                return null;
        }
    }

    /// <summary>All lines up to the end of the stream.</summary>
    public List<string> ReadLines()
    {
        List<string> lines = [];
        while (ReadLine() is { } line)
            lines.Add(line);
        return lines;
    }

    /// <summary>The bytes that arrive next; none at the end of the stream.</summary>
    public Memory<byte> ReadBlock() => _block.AsMemory(0, _stream.CanTimeout
        ? _stream.Read(_block)
        : _stream.ReadAsync(_block).AsTask().WaitAsync(Eventually.Patience).GetAwaiter().GetResult());

    /// <summary>Sends one request and gives its answer.</summary>
    public string Ask(string request)
    {
        Send(request + "\n");
        return ReadLine() ?? throw new EndOfStreamException($"no answer to {request}");
    }

    public void Dispose() => _stream.Dispose();
}
