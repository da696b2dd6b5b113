namespace Qga.Transport.Framing;

/// <summary>
/// Gathers the parts of a token; grows in few steps. A large array is left to the garbage collector when it is cleared, and
/// taken up again if it is still there for the next large token.
/// </summary>
internal sealed class TokenBuffer(int maxLength)
{
    private const int MaxIdleLength = 64 << 10;
    private const int MinLength = 4 << 10;

    private readonly WeakReference<byte[]> _spare = new([]);
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
        if (Capacity <= MaxIdleLength)
            return;
        _spare.SetTarget(_bytes);
        _bytes = [];
    }

    private void Grow(int length)
    {
        // Fourfold: the arrays are large, and each that is given up was copied and touched for nothing.
        var capacity = (int)Math.Min(Math.Max(4L * Capacity, MinLength), maxLength);
        var bytes = capacity > MaxIdleLength && _spare.TryGetTarget(out var spare) && spare.Length >= length
            ? spare
            : GC.AllocateUninitializedArray<byte>(Math.Max(capacity, length));
        Bytes.CopyTo(bytes);
        _bytes = bytes;
    }
}
