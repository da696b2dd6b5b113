using System.Buffers;
using System.Text;

namespace Qga.Transport.Protocol;

/// <summary>
/// Memory for a result, from the reading of a file until its answer has left, or for a long string of a request. The large one
/// that was given back last is kept for the next user, but only until the garbage collector comes by: an idle agent holds none.
/// </summary>
public sealed class TransferBuffer : IMemoryOwner<byte>
{
    private const int LeastKept = 64 * 1024;

    private static readonly WeakReference<byte[]?> Spare = new(target: null);
    private static readonly Lock Gate = new();

    private byte[]? _bytes;
    private Memory<byte> _memory;

    private TransferBuffer(byte[] bytes, int length) => (_bytes, _memory) = (bytes, bytes.AsMemory(0, length));

    public Memory<byte> Memory => _bytes is null ? throw new ObjectDisposedException(nameof(TransferBuffer)) : _memory;

    /// <summary>Gives a buffer of exactly that many bytes, whose content is undefined.</summary>
    public static TransferBuffer Rent(int length) => new(
        TakeSpare(length, most: (int)Math.Min(2L * length + 1, Array.MaxLength)) ?? GC.AllocateUninitializedArray<byte>(length), length);

    /// <summary>A buffer of the first bytes of an array, which belongs to it from here on.</summary>
    internal static TransferBuffer Around(byte[] bytes, int length) => new(bytes, length);

    /// <summary>A buffer with a copy of those bytes.</summary>
    public static TransferBuffer Of(ReadOnlySpan<byte> bytes)
    {
        var buffer = Rent(bytes.Length);
        bytes.CopyTo(buffer.Memory.Span);
        return buffer;
    }

    /// <summary>A buffer with the UTF-8 of a text, which is nowhere else: it may be a secret.</summary>
    public static TransferBuffer Of(string text)
    {
        var buffer = Rent(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, buffer.Memory.Span);
        return buffer;
    }

    /// <summary>Gives a buffer of at least so many bytes, whose content is undefined.</summary>
    /// <param name="least">How many bytes it must have.</param>
    /// <param name="length">How many it has if it must be made.</param>
    /// <param name="most">How many it may have.</param>
    internal static TransferBuffer RentAtLeast(int least, int length, int most)
    {
        var bytes = TakeSpare(least, most: Array.MaxLength) ?? GC.AllocateUninitializedArray<byte>(length);
        return new TransferBuffer(bytes, Math.Min(bytes.Length, most));
    }

    /// <summary>Gives the buffer back; one that is never given back is merely garbage.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is not { } bytes)
            return;

        // Who has this object still must not keep the memory.
        _memory = default;
        lock (Gate)
        {
            if (bytes.Length >= LeastKept || !Spare.TryGetTarget(out _))
                Spare.SetTarget(bytes);
        }
    }

    /// <summary>Leaves only a part of the memory in use.</summary>
    internal TransferBuffer Narrow(int start, int length)
    {
        _memory = _memory.Slice(start, length);
        return this;
    }

    private static byte[]? TakeSpare(int least, int most)
    {
        lock (Gate)
        {
            if (!Spare.TryGetTarget(out var spare) || spare.Length < least || spare.Length > most)
                return null;
            Spare.SetTarget(null);
            return spare;
        }
    }
}
