using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>A file that is open in the guest, and is closed there whatever happens.</summary>
internal sealed class GuestFileHandle : IAsyncDisposable
{
    /// <summary>How long a close is waited for after something has gone wrong.</summary>
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(5);

    private readonly GuestAgent _guest;
    private readonly long _handle;
    private bool _isOpen = true;

    private GuestFileHandle(GuestAgent guest, long handle) => (_guest, _handle) = (guest, handle);

    /// <remarks>An open is not given up, as nobody would know the handle: who does not wait for it has the file closed when it is open.</remarks>
    internal static async Task<GuestFileHandle> OpenAsync(GuestAgent guest, string path, GuestFileMode mode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var opening = OpenAsync();
        try
        {
            return await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            AbandonedWork.Forget(CloseLateAsync());
            throw;
        }

        async Task<GuestFileHandle> OpenAsync() => new(guest, await guest.FileOpenAsync(path, mode, CancellationToken.None).ConfigureAwait(false));

        async Task CloseLateAsync()
        {
            var late = await opening.ConfigureAwait(false);
            await late.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal Request Read(long count) => new("guest-file-read", new JObject { ["handle"] = _handle, ["count"] = count }) { PayloadName = "buf-b64" };

    internal Request Write(ReadOnlyMemory<byte> bytes) => new("guest-file-write", new JObject { ["handle"] = _handle }) { Data = ("buf-b64", bytes) };

    internal async Task<long> SeekAsync(long offset, GuestFileWhence whence, CancellationToken cancellationToken) =>
        (await _guest.FileSeekAsync(_handle, offset, whence, cancellationToken).ConfigureAwait(false)).Position;

    /// <summary>Reads a number of bytes, or up to the end of the file.</summary>
    /// <param name="length">How many; null for all up to the end.</param>
    /// <param name="take">Gets each chunk, which is valid until it returns.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many it were.</returns>
    /// <exception cref="QgaGuestException">The file gives nothing and has no end, as a FIFO.</exception>
    internal async Task<long> ReadAsync(
        long? length, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> take, CancellationToken cancellationToken)
    {
        var (asked, got, hasEnded) = (0L, 0L, false);
        Queue<long> underWay = [];
        while (!hasEnded && (length is null || got < length))
        {
            asked = got;
            underWay.Clear();
            await _guest.Connection.ExchangeAllAsync(Next, Answered, _guest.Timeout, cancellationToken).ConfigureAwait(false);
        }

        return got;

        ValueTask<Request?> Next(CancellationToken cancel)
        {
            // Of one that has no length it is not known how much there is to ask for.
            var count = Math.Min(_guest.Connection.Limits.ReadSize, (length ?? long.MaxValue) - asked);
            if (hasEnded || count == 0)
                return default;
            asked += count;
            underWay.Enqueue(count);
            return new(Read(count));
        }

        async ValueTask Answered(Answer answer, CancellationToken cancel)
        {
            var (bytes, isEnd) = Chunk(answer, underWay.Dequeue());
            if (bytes.IsEmpty && !isEnd && !hasEnded)
                throw new QgaGuestException("the file gives nothing and has no end: it is no regular file");
            hasEnded |= isEnd;
            got += bytes.Length;
            if (!bytes.IsEmpty)
                await take(bytes, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>What can be read now, as far as one request goes, and whether that was all.</summary>
    internal async Task<(byte[] Bytes, bool IsEnd)> ReadChunkAsync(CancellationToken cancellationToken)
    {
        (byte[] Bytes, bool IsEnd) chunk = ([], false);
        var size = _guest.Connection.Limits.ReadSize;
        Request? asked = Read(size);
        await _guest.Connection.ExchangeAllAsync(Next, Answered, _guest.Timeout, cancellationToken).ConfigureAwait(false);
        return chunk;

        ValueTask<Request?> Next(CancellationToken cancel)
        {
            var next = asked;
            asked = null;
            return new(next);
        }

        ValueTask Answered(Answer answer, CancellationToken cancel)
        {
            var (bytes, isEnd) = Chunk(answer, size);
            chunk = (bytes.ToArray(), isEnd);
            return default;
        }
    }

    /// <exception cref="QgaProtocolException">It is not what was asked for.</exception>
    private static (ReadOnlyMemory<byte> Bytes, bool IsEnd) Chunk(Answer answer, long asked)
    {
        var members = new AnswerMembers(answer.ReturnOf("guest-file-read"), "GuestFileRead");
        var (told, bytes) = (members.Integer("count"), answer.Payload);
        if (told != bytes.Length)
            throw new QgaProtocolException($"an answer tells of {told} bytes and has {bytes.Length}");
        if (told > asked)
            throw new QgaProtocolException($"an answer has {told} bytes of a file, and {asked} were asked for");
        return (bytes, members.Boolean("eof"));
    }

    /// <summary>Closes the file. With qemu-ga this is where it says that something could not be stored.</summary>
    internal async Task CloseAsync(CancellationToken cancellationToken)
    {
        await _guest.FileCloseAsync(_handle, cancellationToken).ConfigureAwait(false);
        _isOpen = false;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isOpen)
            return;
        _isOpen = false;
        try
        {
            await _guest.Within(ClosePatience).FileCloseAsync(_handle, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is QgaException or ObjectDisposedException)
        {
            // What has gone wrong before is what the caller hears of; a guest that can't be reached can't be told to close a file.
        }
    }
}
