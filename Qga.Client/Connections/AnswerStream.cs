namespace Qga.Client;

/// <summary>The bytes that come from an agent, a line at a time.</summary>
/// <remarks>
/// A read of the stream is never given up, as not every stream allows that: who stops waiting leaves it to the next who waits.
/// </remarks>
internal sealed class AnswerStream(Stream stream, int longestLine) : IAsyncDisposable
{
    private const int Initial = 64 << 10;

    /// <summary>A buffer that has become larger is not kept for small answers.</summary>
    private const int LargestKept = 8 << 20;

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
            _reading ??= StartRead();
            return _reading.IsFaulted || _reading is { IsCompletedSuccessfully: true, Result: 0 };
        }
    }

    /// <summary>Sends bytes. If it is given up, nobody knows how many of them have left, and the stream is of no use any more.</summary>
    internal async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        // A pipe's write doesn't hear of the token.
        await StreamLostException.GuardAsync(() => WriteAsync().WaitAsync(cancellationToken)).ConfigureAwait(false);

        async Task<bool> WriteAsync()
        {
            await stream.WriteAsync(bytes, CancellationToken.None).ConfigureAwait(false);
            await stream.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>The next line, without its LF; valid until the next call.</summary>
    /// <exception cref="StreamLostException">The stream has ended.</exception>
    /// <exception cref="QgaProtocolException">It is longer than it may be.</exception>
    internal async ValueTask<Memory<byte>> ReadLineAsync(CancellationToken cancellationToken)
    {
        var seen = 0;
        while (true)
        {
            var length = _buffer.AsSpan(_begin + seen, _end - _begin - seen).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = _buffer.AsMemory(_begin, seen + length);
                _begin += line.Length + 1;
                return line;
            }

            seen = _end - _begin;
            if (seen > longestLine)
                throw new QgaProtocolException($"an answer has more than {longestLine} bytes");
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
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }

        _begin += found + 1;
    }

    public ValueTask DisposeAsync()
    {
        // A read that fails because of this has nobody who waits for it.
        _ = _reading?.ContinueWith(read => read.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return stream.DisposeAsync();
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        _reading ??= StartRead();
        var count = await StreamLostException.GuardAsync(() => _reading.WaitAsync(cancellationToken)).ConfigureAwait(false);
        if (count == 0)
            throw new StreamLostException("the other end has closed the connection");
        _reading = null;
        _end += count;
    }

    private Task<int> StartRead()
    {
        var length = _end - _begin;
        if (length == 0 && _buffer.Length > LargestKept)
            _buffer = new byte[Initial];
        else if (_begin > 0 && _buffer.Length - _end < _buffer.Length / 2)
            _buffer.AsSpan(_begin, length).CopyTo(_buffer);
        else if (_end == _buffer.Length)
            Array.Resize(ref _buffer, checked(_buffer.Length * 2));
        else
            return stream.ReadAsync(_buffer.AsMemory(_end)).AsTask();

        (_begin, _end) = (0, length);
        return stream.ReadAsync(_buffer.AsMemory(_end)).AsTask();
    }
}
