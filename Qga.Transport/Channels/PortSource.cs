namespace Qga.Transport.Channels;

/// <summary>A virtio port or a serial line: one stream, for as long as the device works.</summary>
/// <param name="open">Opens the device, or throws a <see cref="ChannelException"/>.</param>
/// <param name="streamEnd"><see cref="StreamEnd.HostDetached"/> or <see cref="StreamEnd.LineLost"/>.</param>
public sealed class PortSource(Func<Stream> open, StreamEnd streamEnd) : IChannelSource
{
    private Stream? _port;

    public StreamEnd StreamEnd => streamEnd;

    public bool HasOpened { get; private set; }

    public void Open()
    {
        _port = open();
        HasOpened = true;
    }

    /// <remarks>The stream belongs to the caller from here on, which is why disposing the source leaves it alone.</remarks>
    public ValueTask<Stream> NextAsync()
    {
        var port = _port ?? throw new ChannelException("the port is not open");
        _port = null;
        return ValueTask.FromResult(port);
    }

    public void Dispose()
    {
        _port?.Dispose();
        _port = null;
    }
}
