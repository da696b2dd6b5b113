using System.Buffers.Text;

namespace Qga.Transport.Protocol;

/// <summary>
/// One answer on its way out: ASCII text with spans of base64 in between. Base64 is made only as the channel takes it, a block
/// at a time, so a large answer is never in memory as text.
/// </summary>
public sealed class OutgoingMessage : IDisposable
{
    /// <summary>The room that <see cref="Next"/> needs for a block of base64, in bytes.</summary>
    internal const int BlockSize = 64 * 1024;

    private const int ShortSize = 1024;
    private const int BytesPerBlock = BlockSize / 4 * 3;

    private readonly List<(ReadOnlyMemory<byte> Bytes, bool IsBase64)> _parts = [];
    private readonly List<TransferBuffer> _buffers = [];
    private int _part;
    private int _position;

    internal OutgoingMessage()
    {
    }

    /// <summary>The bytes that the message holds in memory until it is sent.</summary>
    public long Size { get; private set; }

    internal bool HasBase64 { get; private set; }

    /// <summary>Whether it is one short text of which nothing has been sent.</summary>
    internal bool IsShort => _parts.Count == 1 && _part == 0 && !HasBase64 && Size <= ShortSize;

    /// <summary>Whether a block after the first has been asked for, which tells that an earlier one has left.</summary>
    internal bool IsHalfSent => _part > 1 || (_part == 1 && _position > 0);

    /// <summary>The next block to send, made in <paramref name="block"/> if need be; empty at the end of the message.</summary>
    public ReadOnlyMemory<byte> Next(Memory<byte> block)
    {
        if (_part == _parts.Count)
            return default;

        var (bytes, isBase64) = _parts[_part];
        if (!isBase64)
        {
            _part++;
            return bytes;
        }

        var chunk = bytes.Span[_position..];
        chunk = chunk[..Math.Min(chunk.Length, BytesPerBlock)];
        _ = Base64.EncodeToUtf8(chunk, block.Span, out var consumed, out var written);
        _position += consumed;
        if (_position == bytes.Length)
            (_part, _position) = (_part + 1, 0);
        return block[..written];
    }

    internal void AddText(ReadOnlyMemory<byte> ascii) => Add(ascii, isBase64: false);

    internal void AddBase64(ReadOnlyMemory<byte> bytes) => Add(bytes, isBase64: true);

    /// <summary>Takes over a buffer that is given back when the message is disposed of.</summary>
    internal void Own(TransferBuffer buffer) => _buffers.Add(buffer);

    /// <summary>Gives the message's buffers back; it must not be written any more.</summary>
    public void Dispose() => _buffers.ForEach(static buffer => buffer.Dispose());

    private void Add(ReadOnlyMemory<byte> bytes, bool isBase64)
    {
        if (bytes.IsEmpty)
            return;
        _parts.Add((bytes, isBase64));
        HasBase64 |= isBase64;
        Size += bytes.Length;
    }
}
