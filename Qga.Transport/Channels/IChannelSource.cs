namespace Qga.Transport.Channels;

/// <summary>Where the streams to a host come from: a port of the machine, or a socket that clients connect to.</summary>
public interface IChannelSource : IDisposable
{
    /// <summary>What the end of one of its streams means.</summary>
    StreamEnd StreamEnd { get; }

    /// <summary>Whether an opening has ever succeeded.</summary>
    bool HasOpened { get; }

    /// <summary>Opens the port or starts to listen; may be called again after <see cref="IDisposable.Dispose"/>.</summary>
    /// <exception cref="ChannelException">That is not possible now; the message is for the administrator.</exception>
    void Open();

    /// <summary>Gives the port's stream, once for each <see cref="Open"/>, or waits for the next client.</summary>
    /// <exception cref="ChannelException">The source is broken.</exception>
    ValueTask<Stream> NextAsync();
}

/// <summary>What it means that a stream ends.</summary>
public enum StreamEnd
{
    /// <summary>A connection: the client has no more to say, and may still want its answers. Others come.</summary>
    ClientDone,

    /// <summary>A virtio port: the host side was closed and may be opened again, on the same stream.</summary>
    HostDetached,

    /// <summary>A serial line: it was hung up and must be opened anew.</summary>
    LineLost,
}
