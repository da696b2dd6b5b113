using System.Threading.Channels;
using Akka.Actor;

namespace Qga.Transport.Tests;

/// <summary>
/// The agent's end of a connection in memory. What the agent writes becomes a message to <paramref name="client"/>, a text of
/// one character per byte, when the client takes it in: at once, unless it is held.
/// </summary>
internal sealed class DuplexStream(IActorRef client) : Stream
{
    private readonly Channel<object> _input = Channel.CreateUnbounded<object>();
    private readonly Lock _gate = new();
    private int _blocksBeforeHold = int.MaxValue;
    private TaskCompletionSource _released = new();
    private Exception? _writeFailure;
    private TaskCompletionSource _takenIn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[]? _rest;

    public bool IsReading { get; private set; }

    public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Completes when the agent has dealt with all that was sent, and asks for more.</summary>
    public Task TakenIn => _takenIn.Task;

    public void Send(string text) => Put(Framing.Feed.Bytes(text));

    /// <summary>Ends the stream; on a port, more may follow.</summary>
    public void SendEnd() => Send("");

    public void FailRead(Exception cause) => Put(cause);

    /// <summary>Makes every write wait but that many.</summary>
    public void Hold(int afterBlocks = 0)
    {
        lock (_gate)
        {
            _blocksBeforeHold = afterBlocks;
            _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Release()
    {
        lock (_gate)
            _blocksBeforeHold = int.MaxValue;
        _released.SetResult();
    }

    /// <summary>Makes the next write fail, and only that.</summary>
    public void FailWrite(Exception cause) => Volatile.Write(ref _writeFailure, cause);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        IsReading = true;
        lock (_gate)
        {
            if (_rest is null && !_input.Reader.TryPeek(out _))
                _takenIn.TrySetResult();
        }

        var next = _rest ?? await _input.Reader.ReadAsync(cancellationToken);
        IsReading = false;
        if (next is not byte[] bytes)
            throw (Exception)next;

        var count = Math.Min(bytes.Length, buffer.Length);
        bytes.AsSpan(0, count).CopyTo(buffer.Span);
        _rest = count < bytes.Length ? bytes[count..] : null;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _writeFailure, null) is { } failure)
            return ValueTask.FromException(failure);

        lock (_gate)
        {
            if (_blocksBeforeHold-- <= 0)
                return new ValueTask(TakeLater(buffer, _released.Task, cancellationToken));
        }

        Take(buffer);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Disposed.TrySetResult();
        base.Dispose(disposing);
    }

    private void Put(object input)
    {
        lock (_gate)
        {
            _takenIn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _input.Writer.TryWrite(input);
        }
    }

    private async Task TakeLater(ReadOnlyMemory<byte> buffer, Task released, CancellationToken cancellationToken)
    {
        await released.WaitAsync(cancellationToken);
        Take(buffer);
    }

    private void Take(ReadOnlyMemory<byte> buffer) => client.Tell(System.Text.Encoding.Latin1.GetString(buffer.Span), ActorRefs.NoSender);
}
