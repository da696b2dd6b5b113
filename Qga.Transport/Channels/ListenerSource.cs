namespace Qga.Transport.Channels;

/// <summary>A listening socket of any family: one stream for each client.</summary>
/// <param name="listen">Starts to listen and gives what accepts.</param>
public sealed class ListenerSource(Func<ListenerSource.Listener> listen) : IChannelSource
{
    private Listener? _listener;

    public StreamEnd StreamEnd => StreamEnd.ClientDone;

    public void Open() => _listener = ChannelFailure.Wrap(listen);

    public async ValueTask<Stream> NextAsync()
    {
        var listener = _listener ?? throw new ChannelException("the socket does not listen");
        return await ChannelFailure.WrapAsync(listener.Accept);
    }

    public void Dispose()
    {
        _listener?.Socket.Dispose();
        _listener = null;
    }

    /// <summary>A socket that listens, and how to take the next client from it.</summary>
    public sealed record Listener(IDisposable Socket, Func<ValueTask<Stream>> Accept);
}
