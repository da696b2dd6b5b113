using Qga.Client;
using Qga.Ctl.Native;

namespace Qga.Ctl.Copying;

/// <summary>Copies what a guest has to this host.</summary>
internal sealed class FromGuest(GuestAgent guest, CopyOptions options, CopyReport report)
{
    /// <summary>Copies a file, or a directory with all that is in it.</summary>
    /// <param name="source">The path in the guest.</param>
    /// <param name="target">The path on this host.</param>
    /// <param name="isInto">Whether that is a directory which gets it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task CopyAsync(string source, string target, bool isInto, CancellationToken cancellationToken)
    {
        var status = await GuestTree.StatusAsync(guest, source, cancellationToken);
        var name = NameOf(source);
        var place = isInto && name.Length > 0 ? Path.Join(target, name) : target;
        if (status?.Kind != EntryKind.Directory)
        {
            report.Expect(status?.Size);
            await CopyFileAsync(source, Resolve(place), status, cancellationToken);
            return;
        }

        if (!options.IsRecursive)
            throw new QgaGuestException($"{source} is a directory: -r copies it");
        await CopyTreeAsync(source, new LocalTree(place), cancellationToken);
    }

    /// <summary>Writes a file to a stream.</summary>
    internal async Task CopyToAsync(string source, Stream target, CancellationToken cancellationToken)
    {
        report.Expect(null);
        var result = await guest.Files.DownloadAsync(
            source, target, new DownloadOptions { Verify = options.IsVerified }, report.Begin(source), cancellationToken);
        report.Done(new CopiedFile(source, "-", result), result.Bytes);
    }

    /// <summary>The last name of a path; empty for a root, and for what a dot names.</summary>
    internal static string NameOf(string path)
    {
        var trimmed = path.TrimEnd('/');
        return trimmed[(trimmed.LastIndexOf('/') + 1)..] is var name && name is not ("." or "..") ? name : "";
    }

    private async Task CopyTreeAsync(string source, LocalTree tree, CancellationToken cancellationToken)
    {
        var (entries, failures) = await GuestTree.ListAsync(guest, source, cancellationToken);
        failures.ForEach(failure => report.Failed(source, new QgaGuestException(failure)));
        var files = entries.Where(entry => entry.Kind == EntryKind.File).ToList();
        files.ForEach(entry => report.Expect(entry.Size));

        // Without the target there is nothing to try.
        List<TreeEntry> directories = tree.MakeDirectory("") ? [.. entries.Where(entry => entry.Path.Length == 0)] : [];
        foreach (var entry in entries.Where(entry => entry.Kind == EntryKind.Directory))
        {
            await TryAsync(entry, () =>
            {
                if (tree.MakeDirectory(entry.Path) || options.KeepsAttributes)
                    directories.Add(entry);
                return Task.CompletedTask;
            });
        }

        foreach (var entry in files)
            await TryAsync(entry, () => CopyFileAsync(In(entry), tree.PlaceOf(entry.Path), entry, cancellationToken));

        // Links come last, when nothing more is written that could follow one.
        foreach (var entry in entries.Where(entry => entry.Kind is EntryKind.Link or EntryKind.Other))
            await TryAsync(entry, () => MakeLink(entry));

        // What is in a directory that can't be written to is there by now.
        foreach (var entry in Enumerable.Reverse(directories))
            await TryAsync(entry, () => SetAttributes(tree.PlaceOf(entry.Path), entry));

        string In(TreeEntry entry) => entry.Path.Length == 0 ? source : $"{source.TrimEnd('/')}/{entry.Path}";

        Task MakeLink(TreeEntry entry)
        {
            if (entry.Kind == EntryKind.Other)
                throw new QgaGuestException("it is no regular file, and was left out");
            if (!entry.StaysInside && !options.TakesAllLinks)
                throw new QgaGuestException($"the link leads out of the tree, to {entry.LinkTarget}, and was left out: --links takes it");
            tree.MakeLink(entry.Path, entry.LinkTarget);
            if (options.KeepsAttributes && Environment.IsPrivilegedProcess)
                LibC.ChangeOwner(tree.PlaceOf(entry.Path), entry.User, entry.Group);
            return Task.CompletedTask;
        }

        Task SetAttributes(string place, TreeEntry entry)
        {
            this.SetAttributes(place, entry);
            return Task.CompletedTask;
        }

        async Task TryAsync(TreeEntry entry, Func<Task> copy)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await copy();
            }
            catch (Exception failure) when (CopyReport.IsOfOneFile(failure))
            {
                report.Failed(In(entry), failure);
            }
        }
    }

    private async Task CopyFileAsync(string source, string place, TreeEntry? entry, CancellationToken cancellationToken)
    {
        var there = LibC.Status(place)?.Kind;
        var progress = report.Begin(source);
        if (options.IsResumed && entry is not null && await FileSums.AreSameAsync(guest, source, place, cancellationToken))
        {
            report.Done(new CopiedFile(source, place, null), entry.Size);
            return;
        }

        TransferResult result;
        if (there is null or LibC.S_IFREG or LibC.S_IFLNK or LibC.S_IFDIR)
        {
            var how = new DownloadOptions
            {
                Resume = options.IsResumed,
                Verify = options.IsVerified,
                Sparse = options.IsSparse,

                // The guest may have made it, a file of the tree before.
                ReplaceLink = entry is not null,
            };
            result = await guest.Files.DownloadAsync(source, place, how, progress, cancellationToken);
            if (entry is not null && (options.KeepsAttributes || there is null))
                SetAttributes(place, entry);
        }
        else
        {
            // A device is written to, not replaced.
            await using var device = new FileStream(place, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            result = await guest.Files.DownloadAsync(
                source, device, new DownloadOptions { Verify = options.IsVerified }, progress, cancellationToken);
        }

        report.Done(new CopiedFile(source, place, result), entry?.Size ?? result.Bytes);
    }

    /// <remarks>No guest has a program of this host run as somebody else: bits for that are not taken.</remarks>
    private void SetAttributes(string place, TreeEntry entry)
    {
        if (options.KeepsAttributes && Environment.IsPrivilegedProcess)
            LibC.ChangeOwner(place, entry.User, entry.Group);
        File.SetUnixFileMode(place, entry.Mode & LocalFile.Permissions & (options.KeepsAttributes ? LocalFile.Permissions : ~LocalTree.Mask));
    }

    /// <summary>The file behind a link that the command line names.</summary>
    private static string Resolve(string place) => new FileInfo(place).LinkTarget is null ? place
        : File.ResolveLinkTarget(place, returnFinalTarget: true)?.FullName ?? place;
}
