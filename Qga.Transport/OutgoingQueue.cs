using Qga.Transport.Protocol;

namespace Qga.Transport;

/// <summary>The answers of one channel that are not written yet, in their order.</summary>
internal sealed class OutgoingQueue(Stream stream) : IDisposable
{
    private const long MostBytesWaiting = 256 * 1024;
    private const int BlocksPerTurn = 16;

    private readonly Queue<OutgoingMessage> _messages = new();
    private readonly SpareArray _spareBlock = new(OutgoingMessage.BlockSize);
    private CancellationTokenSource _dropping = new();
    private byte[] _block = [];
    private long _bytes;

    internal bool IsEmpty => _messages.Count == 0;

    /// <summary>Whether the next request may be carried out: a client that does not read its answers waits for no more of them.</summary>
    internal bool HasRoom => _bytes < MostBytesWaiting;

    internal void Add(OutgoingMessage message)
    {
        _messages.Enqueue(message);
        _bytes += message.Size;
    }

    /// <summary>Writes as much as the stream takes now.</summary>
    /// <param name="rest">What to wait for before the next call; completed if others should have a turn first.</param>
    /// <returns>Whether all is written.</returns>
    internal bool TryWriteAll(out Task rest)
    {
        rest = Task.CompletedTask;
        for (var blocks = 0; _messages.TryPeek(out var message); blocks++)
        {
            if (blocks == BlocksPerTurn)
                return false;
            var isGathered = message.IsShort && _messages.Count > 1;
            if (_block.Length == 0 && (isGathered || message.MakesBlocks))
                _block = _spareBlock.Take();

            var block = isGathered ? Gather() : message.Next(_block);
            if (block.IsEmpty)
            {
                RemoveFirst();
                continue;
            }

            var write = stream.WriteAsync(block, _dropping.Token);
            if (!write.IsCompletedSuccessfully)
            {
                rest = write.AsTask();
                return false;
            }
        }

        _block = [];
        return true;
    }

    /// <summary>Drops all that is not written; a write under way ends with a cancellation.</summary>
    internal void Clear()
    {
        // Their buffers are left to the garbage collector: a write under way may still read from one.
        _messages.Clear();
        _bytes = 0;
        CancelWrite();
    }

    /// <summary>Drops the rest of a long answer whose first blocks have left already.</summary>
    internal void DropHalfSent()
    {
        if (!_messages.TryPeek(out var message) || !message.IsHalfSent)
            return;
        _messages.Dequeue();
        _bytes -= message.Size;
        CancelWrite();
    }

    public void Dispose() => _dropping.Dispose();

    /// <summary>Short answers that follow each other leave together.</summary>
    private ReadOnlyMemory<byte> Gather()
    {
        var length = 0;
        while (_messages.TryPeek(out var message) && message.IsShort && length + message.Size <= _block.Length)
        {
            message.Next(default).CopyTo(_block.AsMemory(length));
            length += (int)message.Size;
            RemoveFirst();
        }

        return _block.AsMemory(0, length);
    }

    private void RemoveFirst()
    {
        var message = _messages.Dequeue();
        _bytes -= message.Size;
        message.Dispose();
    }

    private void CancelWrite()
    {
        _dropping.Cancel();
        _dropping.Dispose();
        _dropping = new CancellationTokenSource();
    }
}
