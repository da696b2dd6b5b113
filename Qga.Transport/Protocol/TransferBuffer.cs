using System.Buffers;

namespace Qga.Transport.Protocol;

/// <summary>
/// Memory for a large result, from the reading of a file until its answer has left. The largest buffer that was given back is
/// kept for the next reader, but only until the garbage collector comes by: an idle agent holds none.
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
            if (Spare.TryGetTarget(out var spare) && spare.Length >= length)
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
        {
            if (!Spare.TryGetTarget(out var spare) || spare.Length < bytes.Length)
                Spare.SetTarget(bytes);
        }
    }
}
