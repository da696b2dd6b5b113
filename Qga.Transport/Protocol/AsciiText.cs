using System.Text;

namespace Qga.Transport.Protocol;

/// <summary>Gathers text that is ASCII already, as bytes.</summary>
internal sealed class AsciiText : TextWriter
{
    private byte[] _bytes = new byte[128];
    private int _length;

    public override Encoding Encoding => Encoding.ASCII;

    public override void Write(char value) => Append((byte)value);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        Reserve(buffer.Length);
        _length += Encoding.ASCII.GetBytes(buffer, _bytes.AsSpan(_length));
    }

    internal void Append(byte value)
    {
        Reserve(1);
        _bytes[_length++] = value;
    }

    /// <summary>Gives what has been gathered since the last call.</summary>
    internal ReadOnlyMemory<byte> Take()
    {
        var taken = _bytes.AsMemory(0, _length);
        (_bytes, _length) = ([], 0);
        return taken;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - _length < count)
            Array.Resize(ref _bytes, Math.Max(_length + count, _bytes.Length * 2));
    }
}
