using System.Buffers;
using System.Collections.Concurrent;

namespace Qga.Client;

/// <summary>A file on its way to a guest.</summary>
internal sealed class Upload(GuestAgent guest, Stream source, string path, UploadOptions options, IProgress<TransferProgress>? progress)
{
    /// <summary>How long the removal of a part is waited for.</summary>
    private static readonly TimeSpan CleanPatience = TimeSpan.FromSeconds(5);

    private readonly long _start = source.CanSeek ? source.Position : 0;
    private readonly long? _total = source.CanSeek ? source.Length - source.Position : null;
    private readonly Sha256Sum? _hash = options.Verify ? Sha256Sum.Create() : null;
    private bool _isBegun;
    private long _sent;

    internal async Task<TransferResult> RunAsync(CancellationToken cancellationToken)
    {
        using var hash = _hash;
        var staging = options.InPlace ? null : await Staging.TryPrepareAsync(guest, path, options.Resume, cancellationToken).ConfigureAwait(false);
        return staging is null
            ? await WriteInPlaceAsync(cancellationToken).ConfigureAwait(false)
            : await WriteBesideAsync(staging, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TransferResult> WriteBesideAsync(Staging staging, CancellationToken cancellationToken)
    {
        try
        {
            var resumed = await ResumeAsync(staging, cancellationToken).ConfigureAwait(false);
            await SendAsync(staging.Part, GuestFileMode.A, cancellationToken).ConfigureAwait(false);
            var sum = _hash?.Current();
            var verification = await VerifyAsync(staging.Part, sum, staging.HasSum, cancellationToken).ConfigureAwait(false);
            var toCompare = verification == TransferVerification.InGuest ? sum : null;
            await staging.CommitAsync(_sent, toCompare, options, cancellationToken).ConfigureAwait(false);
            return TransferResult.Of(_sent, resumed, sum, verification);
        }
        catch (Exception failure)
        {
            if (!options.KeepPart || failure is QgaVerificationException)
                await staging.TryRemoveAsync(CleanPatience).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<TransferResult> WriteInPlaceAsync(CancellationToken cancellationToken)
    {
        if (!options.InPlace && await HasContentAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new QgaUnsupportedException(
                $"{path} can't be replaced: the guest runs no programs for its host; {nameof(UploadOptions.InPlace)} writes to it");
        }

        // Whether the guest runs programs is known before anything is lost.
        if (options.Mode is not null || options.Owner is not null)
            await Staging.SetAttributesAsync(guest, path, options with { Mode = null, Owner = null }, cancellationToken).ConfigureAwait(false);
        try
        {
            await SendAsync(path, GuestFileMode.W, cancellationToken).ConfigureAwait(false);
            var sum = _hash?.Current();
            var verification = await VerifyAsync(path, sum, hasSum: false, cancellationToken).ConfigureAwait(false);
            if (options.Mode is not null || options.Owner is not null)
                await Staging.SetAttributesAsync(guest, path, options, cancellationToken).ConfigureAwait(false);
            return TransferResult.Of(_sent, 0, sum, verification);
        }
        catch when (_isBegun)
        {
            await TryEmptyAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Finds out how much of the source is in the guest already, and leaves it there.</summary>
    private async Task<long> ResumeAsync(Staging staging, CancellationToken cancellationToken)
    {
        if (staging.PartSize == 0)
            return 0;
        if (staging.PartSize <= _total && await IsPrefixAsync(staging, cancellationToken).ConfigureAwait(false))
            return _sent = staging.PartSize;
        source.Position = _start;
        await staging.RestartAsync(cancellationToken).ConfigureAwait(false);
        return 0;
    }

    /// <summary>Whether the source begins with what the part is; the source stands behind it then, and its sum goes on from there.</summary>
    private async Task<bool> IsPrefixAsync(Staging staging, CancellationToken cancellationToken)
    {
        using var ours = _hash is null ? Sha256Sum.Create() : null;
        var prefix = _hash ?? ours!;
        await AppendSourceAsync(prefix, staging.PartSize, cancellationToken).ConfigureAwait(false);
        var found = staging.PartSum ?? await ReadBackAsync(staging.Part, staging.PartSize, cancellationToken).ConfigureAwait(false);
        if (prefix.Current() == found)
            return true;
        prefix.Reset();
        return false;
    }

    private async Task AppendSourceAsync(Sha256Sum hash, long length, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            while (length > 0)
            {
                var chunk = buffer.AsMemory(0, (int)Math.Min(buffer.Length, length));
                var count = await source.ReadAsync(chunk, cancellationToken).ConfigureAwait(false);
                if (count == 0)
                    return;
                hash.Append(buffer.AsSpan(0, count));
                length -= count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task SendAsync(string target, GuestFileMode mode, CancellationToken cancellationToken)
    {
        var handle = await GuestFileHandle.OpenAsync(guest, target, mode, cancellationToken).ConfigureAwait(false);
        await using (handle.ConfigureAwait(false))
        {
            _isBegun = true;

            // A source that does not hear that it was given up may still write to it.
            var chunk = new byte[guest.Connection.Limits.WriteSize].AsMemory();
            ConcurrentQueue<int> underWay = [];
            await guest.Connection.ExchangeAllAsync(Next, Answered, guest.Timeout, cancellationToken).ConfigureAwait(false);
            await handle.CloseAsync(cancellationToken).ConfigureAwait(false);

            async ValueTask<Request?> Next(CancellationToken cancel)
            {
                var count = await source.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
                if (count == 0)
                    return null;
                _hash?.Append(chunk.Span[..count]);
                underWay.Enqueue(count);
                return handle.Write(chunk[..count]);
            }

            ValueTask Answered(Answer answer, CancellationToken cancel)
            {
                var written = new AnswerMembers(answer.ReturnOf("guest-file-write"), "GuestFileWrite").Integer("count");
                if (!underWay.TryDequeue(out var asked) || written != asked)
                    throw new QgaGuestException($"{target}: the guest has stored only {written} bytes of a chunk");
                _sent += written;
                progress?.Report(TransferProgress.Of(TransferPhase.Copying, _sent, _total));
                return default;
            }
        }
    }

    /// <summary>Compares the file with what was sent, unless the guest is to do it when it commits.</summary>
    private async Task<TransferVerification> VerifyAsync(string target, string? sum, bool hasSum, CancellationToken cancellationToken)
    {
        if (sum is null)
            return TransferVerification.Size;
        progress?.Report(TransferProgress.Of(TransferPhase.Verifying, 0, _sent));
        if (hasSum)
            return TransferVerification.InGuest;
        if (await ReadBackAsync(target, _sent, cancellationToken).ConfigureAwait(false) != sum)
            throw new QgaVerificationException($"{path}: what is in the guest is not what was sent");
        return TransferVerification.ReadBack;
    }

    private async Task<string> ReadBackAsync(string target, long length, CancellationToken cancellationToken)
    {
        using var hash = Sha256Sum.Create();
        var handle = await GuestFileHandle.OpenAsync(guest, target, GuestFileMode.R, cancellationToken).ConfigureAwait(false);
        await using (handle.ConfigureAwait(false))
        {
            var compared = 0L;
            await handle.ReadAsync(
                length,
                (chunk, _) =>
                {
                    hash.Append(chunk.Span);
                    compared += chunk.Length;
                    progress?.Report(TransferProgress.Of(TransferPhase.Verifying, compared, length));
                    return default;
                },
                cancellationToken).ConfigureAwait(false);
        }

        return hash.Current();
    }

    /// <summary>Whether there is something at the target that could be lost.</summary>
    /// <exception cref="QgaCommandException">Nobody knows.</exception>
    private async Task<bool> HasContentAsync(CancellationToken cancellationToken)
    {
        try
        {
            var handle = await GuestFileHandle.OpenAsync(guest, path, GuestFileMode.R, cancellationToken).ConfigureAwait(false);
            await using (handle.ConfigureAwait(false))
                return await handle.SeekAsync(0, GuestFileWhence.End, cancellationToken).ConfigureAwait(false) > 0;
        }
        catch (QgaCommandException failure) when (IsNothingThere(failure.Description))
        {
            return false;
        }
    }

    /// <remarks>The words of Linux and of Windows.</remarks>
    private static bool IsNothingThere(string description) =>
        description.EndsWith("No such file or directory", StringComparison.Ordinal)
        || description.Contains("cannot find the file", StringComparison.OrdinalIgnoreCase);

    /// <summary>A file can be emptied without a program, but neither removed nor renamed.</summary>
    private async Task TryEmptyAsync()
    {
        try
        {
            var handle = await GuestFileHandle.OpenAsync(guest, path, GuestFileMode.W, CancellationToken.None).ConfigureAwait(false);
            await handle.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is QgaException or ObjectDisposedException)
        {
            // The caller hears why the upload has failed.
        }
    }
}
