namespace Qga.Client;

/// <summary>Copies files to a guest and from it, by the protocol's own commands, with any agent.</summary>
/// <remarks>
/// <para>A copy grows beside its target, as <c>.NAME.qga-part</c>, and takes the target's place when it is whole and verified: who reads the target
/// sees the old file or the new one. A copy that is given up, or loses its guest, leaves that part or nothing, as its options say; every handle in
/// the guest is closed.</para>
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
                options = options with { Owner = LocalOwner.Of(file.SafeFileHandle) };
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
    /// <param name="target">The file on the host.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Hears how far it is, after every chunk.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QgaCommandException">The agent refuses: there is no such file.</exception>
    /// <exception cref="QgaGuestException">Something in the guest has failed, or the file is no regular one.</exception>
    /// <exception cref="QgaVerificationException">The file was written to meanwhile, or data was lost. The target is as it was.</exception>
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
        var part = LocalFile.PartOf(target);
        TransferResult result;
        try
        {
            var file = LocalFile.OpenPart(part, target, options.Resume);
            await using (file.ConfigureAwait(false))
            {
                var download = new Download(_guest, guestPath, file, options, progress);
                result = await download.RunAsync(cancellationToken).ConfigureAwait(false);

                // To change the owner takes bits from the mode.
                if (options.PreserveOwner)
                    LocalOwner.Set(file.SafeFileHandle, download.Attributes.User, download.Attributes.Group);
                if (options.PreserveMode)
                    File.SetUnixFileMode(file.SafeFileHandle, download.Attributes.Mode);
            }
        }
        catch (Exception failure)
        {
            if (!options.KeepPart || failure is QgaVerificationException || new FileInfo(part) is { Exists: true, Length: 0 })
                File.Delete(part);
            throw;
        }

        File.Move(part, target, overwrite: true);
        return result;
    }

    /// <summary>Writes a file of the guest to a stream, as much as it has at the start.</summary>
    /// <inheritdoc cref="DownloadAsync(string, string, DownloadOptions, IProgress{TransferProgress}?, CancellationToken)"/>
    /// <param name="guestPath">The file in the guest.</param>
    /// <param name="target">The stream; it stays open. If the copy turns out wrong it has been written all the same.</param>
    /// <param name="verify">Whether what was written is compared with the file in the guest.</param>
    /// <param name="progress">Hears how far it is, after every chunk.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<TransferResult> DownloadAsync(
        string guestPath,
        Stream target,
        bool verify = true,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(guestPath);
        ArgumentNullException.ThrowIfNull(target);
        return new Download(_guest, guestPath, target, new DownloadOptions { Verify = verify }, progress).RunAsync(cancellationToken);
    }
}
