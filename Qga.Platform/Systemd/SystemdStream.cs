using Qga.Platform.Streams;

namespace Qga.Platform.Systemd;

/// <summary>
/// The socket to systemd, as the library for D-Bus sees it. Reads are begun and ended on the runtime's pool: the library may spin
/// until its caller has gone on, and is not to run on the thread of the <see cref="DescriptorPoller"/>, on which all channels
/// wait. And the authentication is sent as a whole, as by systemd's own clients: systemd reads a message that comes together with
/// the last line of it, and looks at it when the next one comes.
/// </summary>
internal sealed class SystemdStream(DescriptorStream socket) : TwoWayStream
{
    private bool _isAuthenticating = true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var count = await socket.ReadAsync(buffer, cancellationToken);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isAuthenticating)
            buffer = Whole(buffer);
        await socket.WriteAsync(buffer, cancellationToken);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            socket.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The byte before the first line and the last line go along with the first.</summary>
    private ReadOnlyMemory<byte> Whole(ReadOnlyMemory<byte> part)
    {
        ReadOnlySpan<byte> begin = "BEGIN\r\n"u8;
        if (part.Span.StartsWith("AUTH EXTERNAL "u8))
            return (byte[])[0, .. part.Span, .. begin];
        if (part.Span is [0])
            return default;
        if (!part.Span.SequenceEqual(begin))
            return part;
        _isAuthenticating = false;
        return default;
    }
}
