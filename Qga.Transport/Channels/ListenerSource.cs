namespace Qga.Transport.Channels;

/// <summary>A listening socket of any family: one stream for each client.</summary>
/// <param name="listen">Starts to listen and gives what accepts; both throw a <see cref="ChannelException"/> when they fail.</param>
public sealed class ListenerSource(Func<ListenerSource.Listener> listen) : IChannelSource
{
    private Listener? _listener;

    public StreamEnd StreamEnd => StreamEnd.ClientDone;

    public bool HasOpened { get; private set; }

    public void Open()
    {
        _listener = listen();
        HasOpened = true;
    }

    public ValueTask<Stream> NextAsync() => (_listener ?? throw new ChannelException("the socket does not listen")).Accept();

    public void Dispose()
    {
        _listener?.Socket.Dispose();
        _listener = null;
    }

    /// <summary>A socket that listens, and how to take the next client from it.</summary>
    public sealed record Listener(IDisposable Socket, Func<ValueTask<Stream>> Accept);
}
