namespace Qga.Platform.Processes.Keeper;

/// <summary>The socket between an agent and a program keeper, as messages. Several threads may send, one receives.</summary>
/// <param name="stream">Taken over.</param>
internal sealed class KeeperConnection(Stream stream) : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly byte[] _buffer = new byte[4096];
    private byte[] _unsent = [];
    private Timer? _moment;
    private bool _isClosed;
    private Memory<byte> _heard;
    private Task _sent = Task.CompletedTask;

    /// <summary>Sends a message after those before it, without waiting; that the other side is gone is told by <see cref="ReceiveAsync"/>.</summary>
    /// <exception cref="OutOfMemoryException">The message is not sent.</exception>
    internal void Send(KeeperMessage message)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _unsent = message.ToBytes(_unsent);
            SendAll();
        }
    }

    /// <summary>Sends a message that is in no hurry along with the next one, or after a moment: each wakes the other side.</summary>
    internal void SendSoon(KeeperMessage message)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            var isFirst = _unsent.Length == 0;
            _unsent = message.ToBytes(_unsent);
            if (!isFirst)
                return;
            _moment ??= new Timer(static connection => ((KeeperConnection)connection!).OnMoment(), this, Timeout.Infinite, Timeout.Infinite);
            _moment.Change(Moment, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>As <see cref="ReceiveAsync"/>, on this thread.</summary>
    internal KeeperMessage? Receive()
    {
        var received = ReceiveAsync();
        return received.IsCompleted ? received.Result : received.AsTask().GetAwaiter().GetResult();
    }

    /// <returns>The next message, without its body if there is no memory for that; null if none comes any more.</returns>
    internal async ValueTask<KeeperMessage?> ReceiveAsync()
    {
        try
        {
            while (_heard.Length < KeeperMessage.HeadSize)
            {
                _heard.CopyTo(_buffer);
                var length = _heard.Length;
                if (await stream.ReadAsync(_buffer.AsMemory(length)) is not (> 0 and var count))
                    return null;
                _heard = _buffer.AsMemory(0, length + count);
            }

            if (KeeperMessage.BodySize(_heard.Span) is not { } size)
                return null;
            var head = _heard[..KeeperMessage.HeadSize].ToArray();
            var body = TryAllocate(size);
            var known = Math.Min(size, _heard.Length - head.Length);
            if (body is not null)
                _heard.Slice(head.Length, known).CopyTo(body);
            _heard = _heard[(head.Length + known)..];
            while (known < size)
            {
                // Nothing that was heard is left in the buffer.
                var room = body is null ? _buffer.AsMemory(0, Math.Min(_buffer.Length, size - known)) : body.AsMemory(known);
                if (await stream.ReadAsync(room) is not (> 0 and var count))
                    return null;
                known += count;
            }

            return KeeperMessage.Parse(head, body);
        }
        catch (Exception failure) when (failure is PlatformException or OutOfMemoryException)
        {
            // It was killed before it had read all that it was told, we have closed the connection, or there is no memory for anything.
            return null;
        }
    }

    private static byte[]? TryAllocate(int size)
    {
        try
        {
            return new byte[size];
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Closes the connection, once what was sent is on its way.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            SendAll();
            _moment?.Dispose();
            _ = _sent.ContinueWith(
                _ => stream.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private void OnMoment()
    {
        lock (_gate)
            SendAll();
    }

    private void SendAll()
    {
        if (_unsent.Length == 0)
            return;
        var bytes = _unsent;
        _unsent = [];
        _sent = _sent.IsCompleted ? WriteAsync(bytes) : WriteAfterAsync(_sent, bytes);
    }

    private async Task WriteAfterAsync(Task before, byte[] bytes)
    {
        await before;
        await WriteAsync(bytes);
    }

    private async Task WriteAsync(byte[] bytes)
    {
        try
        {
            await stream.WriteAsync(bytes);
        }
        catch (PlatformException)
        {
            // The other side is gone: reading tells.
        }
    }
}
