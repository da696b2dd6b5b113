using System.Buffers.Text;

namespace Qga.Transport.Protocol;

/// <summary>
/// One answer on its way out: ASCII text with spans of base64 and of escaped text in between, which are made only as the channel takes
/// them, a block at a time, so a large answer is never in memory as text.
/// </summary>
public sealed class OutgoingMessage : IDisposable
{
    /// <summary>The room that <see cref="Next"/> needs for a block that it makes, in bytes.</summary>
    internal const int BlockSize = 64 * 1024;

    private const int ShortSize = 1024;
    private const int BytesPerBlock = BlockSize / 4 * 3;

    private readonly List<(ReadOnlyMemory<byte> Bytes, Form Form)> _parts = [];
    private readonly List<TransferBuffer> _buffers = [];
    private int _part;
    private int _position;

    internal OutgoingMessage()
    {
    }

    /// <summary>What stands for a part on the wire.</summary>
    private enum Form
    {
        Text,
        Base64,
        Escaped,
    }

    /// <summary>The bytes that the message holds in memory until it is sent.</summary>
    public long Size { get; private set; }

    /// <summary>The bytes that it takes on the wire.</summary>
    public long WireSize => _parts.Sum(static part => part.Form switch
    {
        Form.Text => part.Bytes.Length,
        Form.Base64 => (part.Bytes.Length + 2L) / 3 * 4,
        _ => EscapedLength(part.Bytes.Span),
    });

    /// <summary>Whether <see cref="Next"/> makes blocks, and needs room for them.</summary>
    internal bool MakesBlocks { get; private set; }

    /// <summary>Whether it is one short text of which nothing has been sent.</summary>
    internal bool IsShort => _parts.Count == 1 && _part == 0 && !MakesBlocks && Size <= ShortSize;

    /// <summary>Whether a block after the first has been asked for, which tells that an earlier one has left.</summary>
    internal bool IsHalfSent => _part > 1 || (_part == 1 && _position > 0);

    /// <summary>The next block to send, made in <paramref name="block"/> if need be; empty at the end of the message.</summary>
    public ReadOnlyMemory<byte> Next(Memory<byte> block)
    {
        if (_part == _parts.Count)
            return default;

        var (bytes, form) = _parts[_part];
        if (form == Form.Text)
        {
            _part++;
            return bytes;
        }

        var rest = bytes.Span[_position..];
        int written;
        if (form == Form.Escaped)
        {
            _position += JsonEscape.Write(rest, block.Span, out written);
        }
        else
        {
            _ = Base64.EncodeToUtf8(rest[..Math.Min(rest.Length, BytesPerBlock)], block.Span, out var consumed, out written);
            _position += consumed;
        }

        if (_position == bytes.Length)
            (_part, _position) = (_part + 1, 0);
        return block[..written];
    }

    internal void AddText(ReadOnlyMemory<byte> ascii) => Add(ascii, Form.Text);

    internal void AddBase64(ReadOnlyMemory<byte> bytes) => Add(bytes, Form.Base64);

    /// <summary>Adds well-formed UTF-8, which is sent as what stands between the quotes of a JSON string.</summary>
    internal void AddEscaped(ReadOnlyMemory<byte> utf8) => Add(utf8, Form.Escaped);

    /// <summary>Takes over a buffer that is given back when the message is disposed of.</summary>
    internal void Own(TransferBuffer buffer) => _buffers.Add(buffer);

    /// <summary>Gives the message's buffers back; it must not be written any more.</summary>
    public void Dispose() => _buffers.ForEach(static buffer => buffer.Dispose());

    private static long EscapedLength(ReadOnlySpan<byte> utf8)
    {
        Span<byte> block = stackalloc byte[1024];
        long length = 0;
        while (!utf8.IsEmpty)
        {
            utf8 = utf8[JsonEscape.Write(utf8, block, out var written)..];
            length += written;
        }

        return length;
    }

    private void Add(ReadOnlyMemory<byte> bytes, Form form)
    {
        if (bytes.IsEmpty)
            return;
        _parts.Add((bytes, form));
        MakesBlocks |= form != Form.Text;
        Size += bytes.Length;
    }
}
