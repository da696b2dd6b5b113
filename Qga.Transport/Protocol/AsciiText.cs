using System.Text;

namespace Qga.Transport.Protocol;

/// <summary>Gathers text that is ASCII already, or is to be escaped, as bytes in blocks.</summary>
/// <param name="full">Takes a block that is full.</param>
internal sealed class AsciiText(Action<ReadOnlyMemory<byte>> full) : TextWriter
{
    private const int LargestBlock = 128 * 1024;

    private byte[] _bytes = new byte[128];
    private int _length;

    public override Encoding Encoding => Encoding.ASCII;

    /// <summary>Whether strings that are written are escaped; single characters are not.</summary>
    internal bool EscapesStrings { get; set; }

    public override void Write(char value) => Append((byte)value);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value)
    {
        if (EscapesStrings)
            WriteEscaped(value);
        else
            Write(value.AsSpan());
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        while (!buffer.IsEmpty)
        {
            Reserve(1, buffer.Length);
            var part = buffer[..Math.Min(buffer.Length, _bytes.Length - _length)];
            _length += Encoding.ASCII.GetBytes(part, _bytes.AsSpan(_length));
            buffer = buffer[part.Length..];
        }
    }

    internal void WriteEscaped(ReadOnlySpan<char> text)
    {
        var isLowOfPair = false;
        while (!text.IsEmpty)
        {
            var run = JsonEscape.PlainRun(text);
            Write(text[..run]);
            text = text[run..];
            if (text.IsEmpty)
                break;
            Reserve(JsonEscape.MostBytes, text.Length);
            _length += JsonEscape.Write(text, isLowOfPair, _bytes.AsSpan(_length));
            isLowOfPair = text.Length > 1 && char.IsSurrogatePair(text[0], text[1]);
            text = text[1..];
        }
    }

    internal void Append(byte value)
    {
        Reserve(1, 1);
        _bytes[_length++] = value;
    }

    /// <summary>Gives what has been gathered since the last block.</summary>
    internal ReadOnlyMemory<byte> Take()
    {
        var taken = _bytes.AsMemory(0, _length);
        (_bytes, _length) = ([], 0);
        return taken;
    }

    /// <summary>Makes room.</summary>
    /// <param name="least">How many bytes there must be.</param>
    /// <param name="wanted">How many will come, as far as is known.</param>
    private void Reserve(int least, int wanted)
    {
        if (_bytes.Length - _length >= least)
            return;
        var length = Math.Min(Math.Max((long)_length + wanted, _bytes.Length * 2), LargestBlock);
        if (length - _length >= least)
        {
            Array.Resize(ref _bytes, (int)length);
            return;
        }

        full(Take());
        _bytes = GC.AllocateUninitializedArray<byte>(LargestBlock);
    }
}
