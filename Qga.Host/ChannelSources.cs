using System.Globalization;
using Qga.Host.CommandLine;
using Qga.Platform.Processes;
using Qga.Platform.Streams;
using Qga.Transport;
using Qga.Transport.Channels;

namespace Qga.Host;

/// <summary>Puts together the channel that the options ask for: its kind, and how the platform opens it.</summary>
internal static class ChannelSources
{
    /// <exception cref="ChannelException">There is no such kind of channel, or its address is malformed.</exception>
    internal static IChannelSource Of(AgentOptions options) => options switch
    {
        { Activation: { } activation } => Passed(activation, options.VsockAllowCid),
        { Method: "virtio-serial", Path: { } path } => new PortSource(() => SerialPorts.OpenVirtio(path), StreamEnd.HostDetached),
        { Method: "isa-serial", Path: { } path } => new PortSource(() => SerialPorts.OpenIsa(path), StreamEnd.LineLost),
        { Method: "unix-listen", Path: { } path } => Listener(() => SocketListener.ListenUnix(path, options.SocketMode)),
        { Method: "vsock-listen", Path: { } address } => Vsock(address, options.VsockAllowCid),
        _ => throw new ChannelException($"unsupported channel method/type: {options.Method}"),
    };

    /// <remarks>The socket is claimed once: by the time of a second opening, its number may name another file.</remarks>
    private static ListenerSource Passed(SocketActivation activation, IReadOnlyCollection<uint>? admittedCids)
    {
        var socket = activation.Claim();
        return Listener(() => SocketListener.Adopt(socket, activation.Method == "vsock-listen" ? admittedCids : null));
    }

    private static ListenerSource Vsock(string address, IReadOnlyCollection<uint>? admittedCids)
    {
        var colon = address.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == address.Length - 1)
            throw new ChannelException($"error parsing address '{address}'");
        var cid = Number(address[..colon], "cid");
        var port = Number(address[(colon + 1)..], "port");
        return Listener(() => SocketListener.ListenVsock(cid, port, admittedCids));
    }

    private static uint Number(string text, string what) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ChannelException($"Failed to parse {what} '{text}'");

    private static ListenerSource Listener(Func<SocketListener> listen) => new(() =>
    {
        var listener = listen();
        return new ListenerSource.Listener(listener, async () => await listener.AcceptAsync());
    });
}
