using Qga.Transport.Protocol;

namespace Qga.Transport.Framing;

/// <summary>Gathers the parts of a token; grows in few steps. What is large is given back, or given away, with the token.</summary>
internal sealed class TokenBuffer(int maxLength)
{
    private const int MaxIdleLength = 64 << 10;
    private const int MinLength = 4 << 10;

    private byte[] _small = [];
    private TransferBuffer? _large;

    public int Length { get; private set; }

    public int Capacity => Memory.Length;

    /// <summary>The memory that is held until the token is complete.</summary>
    public int LargeCapacity => _large?.Memory.Length ?? 0;

    public ReadOnlySpan<byte> Bytes => Memory.Span[..Length];

    private Memory<byte> Memory => _large?.Memory ?? _small;

    public void Append(ReadOnlySpan<byte> part)
    {
        if (part.Length > Capacity - Length)
            Grow(Length + part.Length);
        part.CopyTo(Memory.Span[Length..]);
        Length += part.Length;
    }

    public void Clear()
    {
        Length = 0;
        _large?.Dispose();
        _large = null;
    }

    /// <summary>
    /// Gives away the memory of the token, with nothing but the token in it; null if that is so much more than the token needs that a
    /// copy is better.
    /// </summary>
    public TransferBuffer? TakeAway()
    {
        if (_large is null || Length < Capacity / 4)
            return null;
        var taken = _large.Narrow(0, Length);
        _large = null;
        Length = 0;
        return taken;
    }

    private void Grow(int length)
    {
        // Fourfold: the arrays are large, and each that is given up was copied and touched for nothing.
        var capacity = Math.Max((int)Math.Min(Math.Max(4L * Capacity, MinLength), maxLength), length);
        if (capacity <= MaxIdleLength)
        {
            Array.Resize(ref _small, capacity);
            return;
        }

        var large = TransferBuffer.RentAtLeast(length, capacity, Math.Max(maxLength, length));
        Bytes.CopyTo(large.Memory.Span);
        _large?.Dispose();
        _large = large;
    }
}
