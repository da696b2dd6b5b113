namespace Qga.Client;

/// <summary>
/// What a program in a guest reads. A little goes along with the request that starts it, and more is a file in the program's directory. Where the
/// program is not to wait for the end of it the file grows while it runs, and the guest's shell hands it on.
/// </summary>
internal sealed class GuestInput : IAsyncDisposable
{
    /// <summary>How much goes along with the request.</summary>
    private const int LongestData = 32 << 10;

    /// <summary>How much is added to the file at once.</summary>
    private const int LargestBlock = 256 << 10;

    /// <summary>How long an input that ends soon is waited for, as it takes no file then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly GuestAgent _guest;
    private readonly string _directory;
    private readonly Stream _source;
    private readonly CancellationTokenSource _ending = new();
    private Task _feeding = Task.CompletedTask;

    private GuestInput(GuestAgent guest, string directory, Stream source) => (_guest, _directory, _source) = (guest, directory, source);

    /// <summary>What goes along with the request; null for nothing.</summary>
    internal byte[]? Data { get; private init; }

    /// <summary>The file in the guest; null for none.</summary>
    internal string? File { get; private init; }

    /// <summary>Whether that grows while the program runs.</summary>
    internal bool IsLive { get; private init; }

    internal static async Task<GuestInput> PrepareAsync(GuestAgent guest, string directory, RunOptions options, CancellationToken cancellationToken)
    {
        var source = options.Input ?? Stream.Null;
        var start = new byte[LongestData + 1];
        var count = 0;
        Task<int>? reading = null;
        while (count < start.Length)
        {
            // A read is never given up: what it brings would be lost.
            reading = source.ReadAsync(start.AsMemory(count), CancellationToken.None).AsTask();
            if (!await IsSoonAsync(reading).ConfigureAwait(false))
                break;
            var read = await reading.ConfigureAwait(false);
            reading = null;
            if (read == 0)
                return new GuestInput(guest, directory, source) { Data = options.Input is null ? null : start[..count] };
            count += read;
        }

        var made = await GuestShell.RunAsync(guest, """mkdir -m 700 "$1" """, [directory], cancellationToken).ConfigureAwait(false);
        _ = made.Succeeded(directory);
        var input = new GuestInput(guest, directory, source) { File = $"{directory}/in", IsLive = options.LiveInput };
        if (options.LiveInput)
        {
            await AppendAsync(guest, input.File, start.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            input._feeding = input.FeedAsync(start, count, reading);
            return input;
        }

        var whole = new ConcatenatedStream(start.AsMemory(0, count), source);
        await using (whole.ConfigureAwait(false))
        {
            var how = new UploadOptions { InPlace = true, Verify = false };
            await guest.Files.UploadAsync(whole, input.File, how, progress: null, cancellationToken).ConfigureAwait(false);
        }

        return input;

        async Task<bool> IsSoonAsync(Task task)
        {
            var limit = options.LiveInput ? Task.Delay(Patience, guest.Clock, cancellationToken) : Task.Delay(Timeout.Infinite, cancellationToken);
            var isSoon = await Task.WhenAny(task, limit).ConfigureAwait(false) == task;
            cancellationToken.ThrowIfCancellationRequested();
            return isSoon;
        }
    }

    /// <exception cref="QgaException">What comes can't be handed on any more.</exception>
    internal Task ThrowIfFailedAsync() => _feeding.IsFaulted ? _feeding : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private static async Task AppendAsync(GuestAgent guest, string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var handle = await guest.FileOpenAsync(path, GuestFileMode.A, CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (!bytes.IsEmpty)
                await guest.FileWriteAsync(handle, bytes.ToArray(), cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // qemu-ga has written it when the file is closed.
            await guest.FileCloseAsync(handle, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Adds what comes to the file, and says when there is no more.</summary>
    /// <param name="buffer">Where a read that is under way puts its bytes.</param>
    /// <param name="offset">From where on.</param>
    /// <param name="reading">That read; null if there is none.</param>
    private async Task FeedAsync(byte[] buffer, int offset, Task<int>? reading)
    {
        var cancel = _ending.Token;
        var block = new byte[Math.Min(_guest.Connection.Limits.WriteSize, LargestBlock)];
        while (true)
        {
            if (reading is null)
            {
                (buffer, offset) = (block, 0);
                reading = _source.ReadAsync(block, CancellationToken.None).AsTask();
            }

            var count = await reading.WaitAsync(cancel).ConfigureAwait(false);
            reading = null;
            if (count == 0)
                break;
            await AppendAsync(_guest, File!, buffer.AsMemory(offset, count), cancel).ConfigureAwait(false);
        }

        await AppendAsync(_guest, $"{_directory}/end", default, cancel).ConfigureAwait(false);
    }

    /// <summary>Bytes that were read from a stream, and the rest of it.</summary>
    private sealed class ConcatenatedStream(ReadOnlyMemory<byte> start, Stream rest) : DuplexStream
    {
        private ReadOnlyMemory<byte> _start = start;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_start.IsEmpty)
                return rest.ReadAsync(buffer, cancellationToken);
            var count = Math.Min(buffer.Length, _start.Length);
            _start[..count].CopyTo(buffer);
            _start = _start[count..];
            return new(count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }
}
