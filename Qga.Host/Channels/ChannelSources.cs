using System.Globalization;
using Qga.Host.CommandLine;
using Qga.Platform;
using Qga.Platform.OwnProcess;
using Qga.Platform.Streams;
using Qga.Transport.Channels;

namespace Qga.Host.Channels;

/// <summary>Puts together the channel that the options ask for: its kind, and how the platform opens it.</summary>
internal static class ChannelSources
{
    /// <exception cref="ChannelException">There is no such kind of channel.</exception>
    internal static IChannelSource Of(AgentOptions options) => options switch
    {
        { Activation: { } activation } => Passed(activation, options.VsockAllowCid),
        { Method: "virtio-serial", Path: { } path } => Port(() => SerialPorts.OpenVirtio(path), StreamEnd.HostDetached),
        { Method: "isa-serial", Path: { } path } => Port(() => SerialPorts.OpenIsa(path), StreamEnd.LineLost),
        { Method: "unix-listen", Path: { } path } => Listener(() => SocketListener.ListenUnix(path, options.SocketMode)),
        { Method: "vsock-listen", Path: { } address } => Listener(() => ListenVsock(address, options.VsockAllowCid)),
        _ => throw new ChannelException($"unsupported channel method/type: {options.Method}"),
    };

    /// <remarks>The socket is claimed once: by the time of a second opening, its number may name another file.</remarks>
    private static ListenerSource Passed(SocketActivation activation, IReadOnlyCollection<uint>? admittedCids)
    {
        var socket = activation.Claim();
        return Listener(() => socket.IsClosed
            ? throw new ChannelException("the socket that was passed is closed")
            : SocketListener.Adopt(socket, activation.Method == "vsock-listen" ? admittedCids : null));
    }

    private static SocketListener ListenVsock(string address, IReadOnlyCollection<uint>? admittedCids)
    {
        var colon = address.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == address.Length - 1)
            throw new ChannelException($"error parsing address '{address}'");
        return SocketListener.ListenVsock(Number(address[..colon], "cid"), Number(address[(colon + 1)..], "port"), admittedCids);
    }

    private static uint Number(string text, string what) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ChannelException($"Failed to parse {what} '{text}'");

    private static PortSource Port(Func<Stream> open, StreamEnd streamEnd) => new(
        () =>
        {
            try
            {
                return open();
            }
            catch (PlatformException failure)
            {
                throw new ChannelException(failure.Message, failure);
            }
        },
        streamEnd);

    /// <summary>A socket that listens, whose failures are told as those of a channel.</summary>
    internal static ListenerSource Listener(Func<SocketListener> listen) => new(() =>
    {
        try
        {
            var listener = listen();
            return new ListenerSource.Listener(listener, () => AcceptAsync(listener));
        }
        catch (PlatformException failure)
        {
            throw new ChannelException(failure.Message, failure);
        }
    });

    private static async ValueTask<Stream> AcceptAsync(SocketListener listener)
    {
        try
        {
            return await listener.AcceptAsync();
        }
        catch (PlatformException failure)
        {
            throw new ChannelException($"error accepting a client: {failure.Message}", failure);
        }
    }
}
