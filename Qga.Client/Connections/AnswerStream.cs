namespace Qga.Client;

/// <summary>The bytes that come from an agent, a line at a time.</summary>
/// <remarks>
/// A read of the stream is never given up, as not every stream allows that: who stops waiting leaves it to the next who waits.
/// </remarks>
internal sealed class AnswerStream(Stream stream) : IAsyncDisposable
{
    private const int Initial = 64 << 10;

    /// <summary>A buffer that has become larger is not kept for small answers.</summary>
    internal const int LargestKept = 8 << 20;

    private byte[] _buffer = new byte[Initial];
    private int _begin;
    private int _end;
    private Task<int>? _reading;

    /// <summary>Whether the other end has closed the stream, as far as that can be known without waiting.</summary>
    internal bool HasEnded
    {
        get
        {
            if (_begin < _end)
                return false;
            _reading ??= StartReadAsync();
            return _reading.IsCompleted && _reading is not { IsCompletedSuccessfully: true, Result: > 0 };
        }
    }

    /// <summary>
    /// Sends bytes. If it is given up, nobody knows how many of them have left, or still will: the stream is of no use any more, and the bytes may
    /// be looked at as long as it is open.
    /// </summary>
    internal async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // A pipe's write doesn't hear of the token.
        var writing = WriteAsync();
        try
        {
            await StreamLostException.GuardAsync(() => writing.WaitAsync(cancellationToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            AbandonedWork.Forget(writing);
            throw;
        }

        async Task<bool> WriteAsync()
        {
            await stream.WriteAsync(bytes, CancellationToken.None).ConfigureAwait(false);
            await stream.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>The next line, without its LF; valid until the next call.</summary>
    /// <param name="longest">How long it may be; in bytes.</param>
    /// <param name="cancellationToken">Leaves the line to the next who asks.</param>
    /// <exception cref="StreamLostException">The stream has ended.</exception>
    /// <exception cref="QgaProtocolException">It is longer than it may be.</exception>
    internal async ValueTask<Memory<byte>> ReadLineAsync(int longest, CancellationToken cancellationToken)
    {
        var seen = 0;
        while (true)
        {
            // Where bytes are always there, nothing else would look at it.
            cancellationToken.ThrowIfCancellationRequested();
            var length = _buffer.AsSpan(_begin + seen, _end - _begin - seen).IndexOf((byte)'\n');
            if ((length >= 0 ? seen + length : _end - _begin) > longest)
                throw new QgaProtocolException($"an answer has more than {longest} bytes");
            if (length >= 0)
            {
                var line = _buffer.AsMemory(_begin, seen + length);
                _begin += line.Length + 1;
                return line;
            }

            seen = _end - _begin;
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Drops all bytes up to and with the next one of that value.</summary>
    /// <exception cref="StreamLostException">The stream has ended.</exception>
    internal async ValueTask SkipPastAsync(byte value, CancellationToken cancellationToken)
    {
        int found;
        while ((found = _buffer.AsSpan(_begin, _end - _begin).IndexOf(value)) < 0)
        {
            _begin = _end;
            cancellationToken.ThrowIfCancellationRequested();
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }

        _begin += found + 1;
    }

    public ValueTask DisposeAsync()
    {
        if (_reading is not null)
            AbandonedWork.Forget(_reading);
        return stream.DisposeAsync();
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var reading = _reading ??= StartReadAsync();
        await ((Task)reading).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!reading.IsCompleted)
            throw new OperationCanceledException(cancellationToken);

        // What has failed is not asked a second time.
        _reading = null;
        if (reading.IsCanceled)
            throw new StreamLostException("the stream has given up reading");
        var count = await StreamLostException.GuardAsync(() => reading).ConfigureAwait(false);
        if (count == 0)
            throw new StreamLostException("the other end has closed the connection");
        _end += count;
    }

    private async Task<int> StartReadAsync()
    {
        var length = _end - _begin;
        if (length == 0 && _buffer.Length > LargestKept)
            _buffer = new byte[Initial];
        else if (_begin > 0 && _buffer.Length - _end < _buffer.Length / 2)
            _buffer.AsSpan(_begin, length).CopyTo(_buffer);
        else if (_end == _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, Array.MaxLength));
        else
            return await stream.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);

        (_begin, _end) = (0, length);
        return await stream.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
    }
}
