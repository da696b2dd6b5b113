namespace Qga.Transport.Framing;

/// <summary>Gathers the parts of a token; grows in few steps, and gives a large array back when it is cleared.</summary>
internal sealed class TokenBuffer(int maxLength)
{
    private const int MaxIdleLength = 64 << 10;
    private const int MinLength = 4 << 10;

    private byte[] _bytes = [];

    public int Length { get; private set; }

    public int Capacity => _bytes.Length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> part)
    {
        if (part.Length > Capacity - Length)
            Grow(Length + part.Length);
        part.CopyTo(_bytes.AsSpan(Length));
        Length += part.Length;
    }

    public void Clear()
    {
        Length = 0;
        if (Capacity > MaxIdleLength)
            _bytes = [];
    }

    private void Grow(int length)
    {
        // Fourfold: the arrays are large, and each that is given up was copied and touched for nothing.
        var capacity = (int)Math.Min(Math.Max(4L * Capacity, MinLength), maxLength);
        var bytes = GC.AllocateUninitializedArray<byte>(Math.Max(capacity, length));
        Bytes.CopyTo(bytes);
        _bytes = bytes;
    }
}
