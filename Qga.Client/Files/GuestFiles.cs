namespace Qga.Client;

/// <summary>Copies files to a guest and from it, by the protocol's own commands, with any agent.</summary>
/// <remarks>
/// <para>A copy grows beside its target, as <c>.NAME.qga-part</c>, and takes the target's place when it is whole and verified: who reads the target
/// sees the old file or the new one. A copy that is given up, or loses its guest, leaves that part or nothing, as its options say; once it was
/// verified it takes the target's place and can't be given up any more. Every handle in the guest is closed, but for one whose opening was not
/// answered in time. A download is on the host's disk when it is done, an upload is written back when the guest does so.</para>
/// <para>In the guest everything is done by names, as the protocol has no other way: who may write to the directory of a target there can put
/// something else into the place of an upload's part. Upload to directories whose owner you trust.</para>
/// <para>Names are text, in UTF-8. A name that is not can't be told, and is refused where the guest has one.</para>
/// <para>It is verified by its size and its SHA-256, which <c>openssl</c> or <c>sha256sum</c> takes in the guest. Where that has neither, or runs no
/// programs for its host (<c>guest-exec</c> is disabled in many), the file is read once more. Without programs an upload can't be renamed into
/// place: a new file is written as it is, and one that is there only if <see cref="UploadOptions.InPlace"/> allows it.</para>
/// <para>Progress is told while the connection is the copy's: who hears of it must not wait for the same guest.</para>
/// <para>Failures of files on the host are <see cref="IOException"/>s and <see cref="UnauthorizedAccessException"/>s, all others
/// <see cref="QgaException"/>s.</para>
/// </remarks>
public sealed class GuestFiles
{
    private readonly GuestAgent _guest;

    internal GuestFiles(GuestAgent guest) => _guest = guest;

    /// <inheritdoc cref="UploadAsync(string, string, UploadOptions, IProgress{TransferProgress}?, CancellationToken)"/>
    public Task<TransferResult> UploadAsync(
        string source, string guestPath, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default) =>
        UploadAsync(source, guestPath, new UploadOptions(), progress, cancellationToken);

    /// <summary>Copies a file of the host to the guest.</summary>
    /// <param name="source">The file on the host.</param>
    /// <param name="guestPath">The file in the guest, not a directory to put one in. Of a symbolic link the file behind it is replaced.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Hears how far it is, after every chunk.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QgaCommandException">The agent refuses: there is no such directory, or no space.</exception>
    /// <exception cref="QgaGuestException">Something in the guest has failed.</exception>
    /// <exception cref="QgaVerificationException">The copy is not what was sent; it is gone, and the target as it was.</exception>
    /// <exception cref="QgaUnsupportedException">The guest runs no programs for its host, and what was asked for takes some.</exception>
    /// <exception cref="QgaException">The guest can't be reached.</exception>
    public async Task<TransferResult> UploadAsync(
        string source,
        string guestPath,
        UploadOptions options,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(guestPath);
        ArgumentNullException.ThrowIfNull(options);
        var file = LocalFile.OpenToRead(source);
        await using (file.ConfigureAwait(false))
        {
            if (options is { PreserveMode: true, Mode: null })
                options = options with { Mode = File.GetUnixFileMode(file.SafeFileHandle) };
            if (options is { PreserveOwner: true, Owner: null })
                options = options with { Owner = LocalFileStatus.Of(file.SafeFileHandle).Owner };
            return await new Upload(_guest, file, guestPath, options, progress).RunAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Copies what a stream gives, from where it is to its end, to a file in the guest.</summary>
    /// <inheritdoc cref="UploadAsync(string, string, UploadOptions, IProgress{TransferProgress}?, CancellationToken)"/>
    /// <param name="source">The stream; it stays open.</param>
    /// <param name="guestPath">The file in the guest.</param>
    /// <param name="options">How; null for what is usual.</param>
    /// <param name="progress">Hears how far it is, after every chunk.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The options ask for what only a file has.</exception>
    public Task<TransferResult> UploadAsync(
        Stream source,
        string guestPath,
        UploadOptions? options = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(guestPath);
        options ??= new UploadOptions();
        if (options is { PreserveMode: true, Mode: null } or { PreserveOwner: true, Owner: null })
            throw new ArgumentException("a stream has no mode and no owner to preserve", nameof(options));
        if (options.Resume && !source.CanSeek)
            throw new ArgumentException("an upload is resumed from a file, or a stream that can seek", nameof(options));
        return new Upload(_guest, source, guestPath, options, progress).RunAsync(cancellationToken);
    }

    /// <inheritdoc cref="DownloadAsync(string, string, DownloadOptions, IProgress{TransferProgress}?, CancellationToken)"/>
    public Task<TransferResult> DownloadAsync(
        string guestPath, string target, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default) =>
        DownloadAsync(guestPath, target, new DownloadOptions(), progress, cancellationToken);

    /// <summary>Copies a file of the guest to the host: as much as it has at the start, so that one that grows can be copied, too.</summary>
    /// <param name="guestPath">The file in the guest.</param>
    /// <param name="target">
    /// The file on the host, not a directory to put one in. Of a symbolic link the file behind it is replaced, unless the options say otherwise; a
    /// device, a FIFO or a socket is not.
    /// </param>
    /// <param name="options">How.</param>
    /// <param name="progress">Hears how far it is, after every chunk.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QgaCommandException">The agent refuses: there is no such file.</exception>
    /// <exception cref="QgaGuestException">Something in the guest has failed, or the file is no regular one.</exception>
    /// <exception cref="QgaVerificationException">The file was written to meanwhile, or data was lost. The target is as it was.</exception>
    /// <exception cref="QgaUnsupportedException">Mode or owner are to be kept, and the guest runs no programs for its host.</exception>
    /// <exception cref="IOException">The target can't be written, or another download to it is under way.</exception>
    /// <exception cref="UnauthorizedAccessException">The target may not be written, or is a directory.</exception>
    /// <exception cref="QgaException">The guest can't be reached.</exception>
    public async Task<TransferResult> DownloadAsync(
        string guestPath,
        string target,
        DownloadOptions options,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(guestPath);
        ArgumentException.ThrowIfNullOrEmpty(target);
        ArgumentNullException.ThrowIfNull(options);
        if (options.MaxBytes < 0)
            throw new ArgumentException($"a file can't have {options.MaxBytes} bytes", nameof(options));
        var part = LocalPart.Open(LocalFile.TargetOf(target, options.ReplaceLink), options);
        await using (part.ConfigureAwait(false))
        {
            try
            {
                var download = new Download(_guest, guestPath, part.File, options, progress);
                var result = await download.RunAsync(cancellationToken).ConfigureAwait(false);
                var (mode, user, group) = download.Attributes;
                part.Commit(options.PreserveMode ? mode : null, options.PreserveOwner ? (user, group) : null);
                return result;
            }
            catch (Exception failure)
            {
                if (!options.KeepPart || failure is QgaVerificationException || part.File.Length == 0)
                    part.Remove();
                throw;
            }
        }
    }

    /// <summary>Writes a file of the guest to a stream, as much as it has at the start: to a device, too, which is not replaced.</summary>
    /// <inheritdoc cref="DownloadAsync(string, string, DownloadOptions, IProgress{TransferProgress}?, CancellationToken)"/>
    /// <param name="guestPath">The file in the guest.</param>
    /// <param name="target">The stream; it stays open. If the copy turns out wrong it has been written all the same.</param>
    /// <param name="options">How; null for what is usual. <see cref="DownloadOptions.KeepPart"/> has no meaning.</param>
    /// <param name="progress">Hears how far it is, after every chunk.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The options ask for what only a file has.</exception>
    public Task<TransferResult> DownloadAsync(
        string guestPath,
        Stream target,
        DownloadOptions? options = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(guestPath);
        ArgumentNullException.ThrowIfNull(target);
        options ??= new DownloadOptions();
        if (options.Resume || options.PreserveMode || options.PreserveOwner)
            throw new ArgumentException("a stream is not resumed, and has no mode and no owner", nameof(options));
        if (options.MaxBytes < 0)
            throw new ArgumentException($"a file can't have {options.MaxBytes} bytes", nameof(options));
        return new Download(_guest, guestPath, target, options, progress).RunAsync(cancellationToken);
    }
}
