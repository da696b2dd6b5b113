using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace Qga.Testing;

/// <summary>The socket on which a service manager hears from its services, sd_notify(3).</summary>
public sealed class NotifySocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly ConcurrentQueue<string> _messages = new();
    private readonly Thread _listener;

    public NotifySocket(string path)
    {
        Path = path;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _listener = new Thread(Listen) { IsBackground = true };
        _listener.Start();
    }

    public string Path { get; }

    /// <summary>All that was heard, each message as it came.</summary>
    public IReadOnlyList<string> Messages => [.. _messages];

    /// <summary>How often the service has said that it is well.</summary>
    public int Feeds => _messages.Count(message => message == "WATCHDOG=1");

    /// <summary>What makes env(1) start a service that tells us, and must do so that often if a time is given.</summary>
    public IEnumerable<string> Environment(TimeSpan? watchdog = null) =>
        ["env", $"NOTIFY_SOCKET={Path}", .. watchdog is { } time ? [$"WATCHDOG_USEC={(long)time.TotalMicroseconds}"] : Array.Empty<string>()];

    /// <summary>Waits for a message with the text in it.</summary>
    public void Await(string text) =>
        Eventually.True(
            () => _messages.Any(message => message.Contains(text, StringComparison.Ordinal)), $"\"{text}\" among {string.Join(" | ", _messages)}");

    public void Dispose() => _socket.Dispose();

    private void Listen()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
                _messages.Enqueue(Encoding.UTF8.GetString(buffer, 0, _socket.Receive(buffer)));
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // That was all.
        }
    }
}
