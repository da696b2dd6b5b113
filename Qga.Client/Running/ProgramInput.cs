namespace Qga.Client;

/// <summary>What a program in a guest reads.</summary>
internal static class ProgramInput
{
    /// <summary>How much of it goes along with the request that starts the program; more is a file.</summary>
    private const int LongestInput = 32 << 10;

    /// <summary>Has the input go along with the request, or puts it into a file in the guest.</summary>
    internal static async Task<(byte[]? Data, string? File)> SendAsync(
        GuestAgent guest, string directory, Stream? input, CancellationToken cancellationToken)
    {
        if (input is null)
            return default;
        var start = new byte[LongestInput + 1];
        var count = await input.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (count <= LongestInput)
            return (start[..count], null);

        var made = await GuestShell.RunAsync(guest, """mkdir -m 700 -- "$1" """, [directory], cancellationToken).ConfigureAwait(false);
        _ = made.Succeeded(directory);
        var file = $"{directory}/in";
        var rest = new ConcatenatedStream(start, input);
        await using (rest.ConfigureAwait(false))
        {
            var options = new UploadOptions { InPlace = true, Verify = false };
            await guest.Files.UploadAsync(rest, file, options, progress: null, cancellationToken).ConfigureAwait(false);
        }

        return (null, file);
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
