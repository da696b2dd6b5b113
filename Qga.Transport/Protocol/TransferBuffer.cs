using System.Buffers;

namespace Qga.Transport.Protocol;

/// <summary>
/// Memory for a result, from the reading of a file until its answer has left. The buffer that was given back last is kept for
/// the next reader of about that size, but only until the garbage collector comes by: an idle agent holds none.
/// </summary>
public sealed class TransferBuffer : IMemoryOwner<byte>
{
    private static readonly WeakReference<byte[]?> Spare = new(target: null);
    private static readonly Lock Gate = new();

    private readonly int _length;
    private byte[]? _bytes;

    private TransferBuffer(byte[] bytes, int length) => (_bytes, _length) = (bytes, length);

    public Memory<byte> Memory => (_bytes ?? throw new ObjectDisposedException(nameof(TransferBuffer))).AsMemory(0, _length);

    /// <summary>Gives a buffer of exactly that many bytes, whose content is undefined.</summary>
    public static TransferBuffer Rent(int length)
    {
        lock (Gate)
        {
            if (Spare.TryGetTarget(out var spare) && spare.Length >= length && spare.Length / 2 <= length)
            {
                Spare.SetTarget(null);
                return new TransferBuffer(spare, length);
            }
        }

        return new TransferBuffer(GC.AllocateUninitializedArray<byte>(length), length);
    }

    /// <summary>Gives the buffer back; one that is never given back is merely garbage.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is not { } bytes)
            return;
        lock (Gate)
            Spare.SetTarget(bytes);
    }
}
