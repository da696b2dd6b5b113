using System.Buffers;
using System.Globalization;

namespace Qga.Client;

/// <summary>A file on its way from a guest.</summary>
internal sealed class Download(GuestAgent guest, string path, Stream target, DownloadOptions options, IProgress<TransferProgress>? progress)
{
    /// <summary>The SHA-256 of the first bytes of a file; prints nothing where the guest can't take it.</summary>
    private const string SumOfStart = GuestShell.Sum + """

        [ -n "$by" ] || exit 0
        if [ "$(wc -c < "$1")" -eq "$2" ]; then sum < "$1"; else head -c "$2" < "$1" | sum; fi
        """;

    /// <summary>How much of a file is taken that tells no size; in bytes.</summary>
    private const long MostOfNoSize = 1L << 30;

    private const string AttributesOf = """stat -L -c '%a %u %g' -- "$1" """;

    /// <summary>What most filesystems have holes of.</summary>
    private const int Block = 4096;

    private readonly Sha256Sum? _hash = options.Verify ? Sha256Sum.Create() : null;
    private long _written;

    /// <summary>Mode and owner of the file in the guest, once it was copied, if either was to be kept.</summary>
    internal (UnixFileMode Mode, uint User, uint Group) Attributes { get; private set; }

    internal async Task<TransferResult> RunAsync(CancellationToken cancellationToken)
    {
        using var hash = _hash;
        if (options.PreserveMode || options.PreserveOwner)
            Attributes = await ReadAttributesAsync(cancellationToken).ConfigureAwait(false);

        var file = await GuestFileHandle.OpenAsync(guest, path, GuestFileMode.R, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            var length = await LengthAsync(file, cancellationToken).ConfigureAwait(false);
            if (length > options.MaxBytes)
                throw TooLarge(options.MaxBytes.Value);
            var resumed = await ResumeAsync(length ?? 0, cancellationToken).ConfigureAwait(false);
            if (length is not null)
                await file.SeekAsync(resumed, GuestFileWhence.Set, cancellationToken).ConfigureAwait(false);
            await file.ReadAsync(length - resumed, (chunk, cancel) => TakeAsync(chunk, length, cancel), cancellationToken).ConfigureAwait(false);
            if (options.Sparse)
                target.SetLength(_written);
            if (_written < length)
                throw new QgaVerificationException($"{path}: the file has become shorter while it was copied: {_written} of {length} bytes");

            var sum = _hash?.Current();
            var verification = length is null ? TransferVerification.Size : await VerifyAsync(file, sum, cancellationToken).ConfigureAwait(false);
            await file.CloseAsync(cancellationToken).ConfigureAwait(false);
            await target.FlushAsync(cancellationToken).ConfigureAwait(false);
            return TransferResult.Of(_written, resumed, sum, verification);
        }
    }

    /// <summary>How large the file is; null for one that has no size but ends somewhere, as those of /proc.</summary>
    /// <exception cref="QgaGuestException">It is a FIFO, a socket or a terminal.</exception>
    private async Task<long?> LengthAsync(GuestFileHandle file, CancellationToken cancellationToken)
    {
        try
        {
            return await file.SeekAsync(0, GuestFileWhence.End, cancellationToken).ConfigureAwait(false) is > 0 and var length ? length : null;
        }
        catch (QgaCommandException failure) when (failure.Description.EndsWith("Illegal seek", StringComparison.Ordinal))
        {
            throw new QgaGuestException($"{path} is no regular file");
        }
        catch (QgaCommandException failure) when (failure.Description.EndsWith("Invalid argument", StringComparison.Ordinal))
        {
            return null;
        }
    }

    private QgaGuestException TooLarge(long most) =>
        new($"{path} has more than the {most} bytes that are taken of it ({nameof(DownloadOptions.MaxBytes)})");

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> chunk, long? length, CancellationToken cancellationToken)
    {
        // What tells no size need not have an end, as /dev/zero.
        var most = options.MaxBytes ?? (length is null ? MostOfNoSize : long.MaxValue);
        if (chunk.Length > most - _written)
            throw TooLarge(most);
        var writing = options.Sparse ? WriteSparseAsync(chunk, cancellationToken) : target.WriteAsync(chunk, cancellationToken);
        _hash?.Append(chunk.Span);
        await writing.ConfigureAwait(false);
        _written += chunk.Length;
        progress?.Report(TransferProgress.Of(TransferPhase.Copying, _written, length));
    }

    /// <summary>Writes the blocks of a chunk that are not all zeros, and passes over the others.</summary>
    private async ValueTask WriteSparseAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        for (var at = 0; at < chunk.Length;)
        {
            var (zeros, end) = (IsZero(at), at);
            while (end < chunk.Length && IsZero(end) == zeros)
                end = EndOfBlock(end);
            if (zeros)
                target.Seek(end - at, SeekOrigin.Current);
            else
                await target.WriteAsync(chunk[at..end], cancellationToken).ConfigureAwait(false);
            at = end;
        }

        int EndOfBlock(int start) => (int)Math.Min(chunk.Length, start + Block - ((_written + start) % Block));

        bool IsZero(int start) => !chunk.Span[start..EndOfBlock(start)].ContainsAnyExcept((byte)0);
    }

    /// <summary>Finds out how much of the file is on the host already, and stands behind it.</summary>
    private async Task<long> ResumeAsync(long size, CancellationToken cancellationToken)
    {
        if (!options.Resume || target.Length == 0)
            return 0;
        var part = target.Length;
        if (part <= size && await SumOfStartAsync(part, cancellationToken).ConfigureAwait(false) is { } sum)
        {
            using var prefix = Sha256Sum.Create();
            var buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
            try
            {
                target.Position = 0;
                while (await target.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
                {
                    prefix.Append(buffer.AsSpan(0, count));
                    _hash?.Append(buffer.AsSpan(0, count));
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            if (prefix.Current() == sum)
                return _written = part;
            _hash?.Reset();
        }

        target.SetLength(0);
        return 0;
    }

    private async Task<TransferVerification> VerifyAsync(GuestFileHandle file, string? sum, CancellationToken cancellationToken)
    {
        if (sum is null)
            return TransferVerification.Size;
        progress?.Report(TransferProgress.Of(TransferPhase.Verifying, 0, _written));
        var found = await SumOfStartAsync(_written, cancellationToken).ConfigureAwait(false);
        var verification = found is null ? TransferVerification.ReadBack : TransferVerification.InGuest;
        if ((found ?? await ReadBackAsync(file, cancellationToken).ConfigureAwait(false)) != sum)
            throw new QgaVerificationException($"{path}: the copy is not what is in the guest: something was written to the file, or data was lost");
        return verification;
    }

    private async Task<string> ReadBackAsync(GuestFileHandle file, CancellationToken cancellationToken)
    {
        using var hash = Sha256Sum.Create();
        var compared = 0L;
        await file.SeekAsync(0, GuestFileWhence.Set, cancellationToken).ConfigureAwait(false);
        await file.ReadAsync(
            _written,
            (chunk, _) =>
            {
                hash.Append(chunk.Span);
                compared += chunk.Length;
                progress?.Report(TransferProgress.Of(TransferPhase.Verifying, compared, _written));
                return default;
            },
            cancellationToken).ConfigureAwait(false);
        return hash.Current();
    }

    /// <returns>Null where the guest can't take it, or runs no programs for its host.</returns>
    private async Task<string?> SumOfStartAsync(long length, CancellationToken cancellationToken)
    {
        try
        {
            string[] arguments = [path, length.ToString(CultureInfo.InvariantCulture)];
            var run = await GuestShell.RunAsync(guest, SumOfStart, arguments, cancellationToken).ConfigureAwait(false);
            return run.Succeeded(path) is { Length: > 0 } sum ? sum : null;
        }
        catch (QgaCommandException failure) when (GuestShell.IsMissing(failure))
        {
            return null;
        }
    }

    private async Task<(UnixFileMode Mode, uint User, uint Group)> ReadAttributesAsync(CancellationToken cancellationToken)
    {
        try
        {
            var run = await GuestShell.RunAsync(guest, AttributesOf, [path], cancellationToken).ConfigureAwait(false);
            if (run.Succeeded(path).Split(' ') is [var mode, var user, var group] && ModeOf(mode) is { } bits
                && uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
                && uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var gid))
                return (bits, uid, gid);
            throw new QgaGuestException($"{path}: the guest's stat has said what is no mode and owner: '{run.Output}'");
        }
        catch (QgaCommandException failure) when (GuestShell.IsMissing(failure))
        {
            throw new QgaUnsupportedException($"{path}: the guest runs no programs for its host, which mode and owner take: {failure.Description}");
        }
    }

    /// <summary>The permissions of a mode in octal. No guest has a program of this host run as somebody else: bits for that are not taken.</summary>
    private static UnixFileMode? ModeOf(string octal) => octal.Length is > 0 and <= 4 && octal.All(digit => digit is >= '0' and <= '7')
        ? (UnixFileMode)Convert.ToInt32(octal, 8) & LocalFile.Permissions
        : null;
}
