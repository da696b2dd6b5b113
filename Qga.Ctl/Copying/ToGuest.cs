using System.Globalization;
using Qga.Client;
using Qga.Ctl.Guests;
using Qga.Ctl.Native;
using Qga.Ctl.Output;

namespace Qga.Ctl.Copying;

/// <summary>Copies what this host has to a guest.</summary>
internal sealed class ToGuest(GuestAgent guest, CopyOptions options, CopyReport report)
{
    /// <summary>Prints a letter for each path: d is a directory, f anything else, and - nothing.</summary>
    private const string Kinds = """
        for path; do
            if [ -d "$path" ]; then printf d; elif [ -e "$path" ] || [ -h "$path" ]; then printf f; else printf %s -; fi
        done
        """;

    private const string MakeDirectory = """mkdir -p -- "$1" """;

    /// <remarks>A directory in its place would get the link into it.</remarks>
    private const string MakeLink = """
        if [ -d "$2" ] && ! [ -h "$2" ]; then echo "$2 is a directory, and a link is to be there" >&2; exit 1; fi
        ln -sfn -- "$1" "$2"
        """;

    private const string SetMode = """
        [ -z "$2" ] || chown -h -- "$2" "$3" || exit
        [ -z "$1" ] || chmod -- "$1" "$3"
        """;

    private const string DigHoles = """fallocate --dig-holes -- "$1" """;

    /// <summary>Whether there is a directory at a path; null if the guest runs no programs for its host.</summary>
    internal async Task<bool?> IsDirectoryAsync(string path, CancellationToken cancellationToken) =>
        await KindsOfAsync([path], cancellationToken) is { } kinds ? kinds == "d" : null;

    /// <summary>Copies a file, or a directory with all that is in it.</summary>
    /// <param name="source">The path on this host.</param>
    /// <param name="target">The path in the guest.</param>
    /// <param name="isInto">Whether that is a directory which gets it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task CopyAsync(string source, string target, bool isInto, CancellationToken cancellationToken)
    {
        var place = isInto && FromGuest.NameOf(source) is { Length: > 0 } name ? $"{target.TrimEnd('/')}/{name}" : target;
        if (LibC.StatusBehind(source) is { Kind: not (LibC.S_IFREG or LibC.S_IFDIR) })
        {
            // Nobody may ever open the other end of a FIFO.
            await using var opened = await Task.Run(() => LocalStream(source), CancellationToken.None).WaitAsync(cancellationToken);
            await CopyFromAsync(source, new InputStream(opened), place, cancellationToken);
            return;
        }

        if (!Directory.Exists(source))
        {
            var file = new FileInfo(source);
            report.Expect(file.Exists ? file.Length : null);
            var kind = await KindsOfAsync([place], cancellationToken);
            await CopyFileAsync(source, place, isNew: kind is null ? null : kind == "-", cancellationToken);
            return;
        }

        if (!options.IsRecursive)
            throw new IOException($"{source} is a directory: -r copies it");
        await CopyTreeAsync(source, place, cancellationToken);
    }

    /// <summary>Copies what a stream gives to a file.</summary>
    internal async Task CopyFromAsync(string name, Stream source, string target, CancellationToken cancellationToken)
    {
        report.Expect(null);
        var how = new UploadOptions { Verify = options.IsVerified, KeepPart = false };
        var result = await guest.Files.UploadAsync(source, target, how, report.Begin(target), cancellationToken);
        report.Done(new CopiedFile(name, target, result), result.Bytes);
    }

    private static FileStream LocalStream(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private async Task CopyTreeAsync(string source, string target, CancellationToken cancellationToken)
    {
        var entries = Walk(source);
        var files = entries.Where(entry => entry.Kind == EntryKind.File).ToList();
        var directories = entries.Where(entry => entry.Kind == EntryKind.Directory).ToList();
        files.ForEach(entry => report.Expect(entry.Size));

        List<TreeEntry> asked = [.. directories, .. files];
        var kinds = await KindsOfAsync([.. asked.Select(In)], cancellationToken)
            ?? throw new QgaUnsupportedException($"{target}: the guest runs no programs for its host, which a directory takes");
        var made = directories.Where((_, index) => kinds[index] != 'd').ToList();
        await ForEachAsync(MakeDirectory, made, entry => [In(entry)]);

        foreach (var (index, entry) in files.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await CopyFileAsync(Path.Join(source, entry.Path), In(entry), kinds[directories.Count + index] == '-', cancellationToken);
            }
            catch (Exception failure) when (CopyReport.IsOfOneFile(failure))
            {
                report.Failed(Path.Join(source, entry.Path), failure);
            }
        }

        var links = entries.Where(entry => entry.Kind == EntryKind.Link).ToList();
        await ForEachAsync(MakeLink, links, entry => [entry.LinkTarget, In(entry)]);
        foreach (var entry in entries.Where(entry => entry.Kind == EntryKind.Other))
            report.Failed(Path.Join(source, entry.Path), new IOException("it is no regular file, and was left out"));

        // Those below come first, as their names may not be looked up any more when the one above has its mode.
        var marked = (options.KeepsAttributes ? directories : made).AsEnumerable().Reverse();
        if (options.KeepsAttributes)
            marked = links.Concat(marked);
        await ForEachAsync(SetMode, [.. marked], entry => [ModeOf(entry), OwnerOf(entry), In(entry)]);

        async Task ForEachAsync(string script, List<TreeEntry> items, Func<TreeEntry, string[]> arguments)
        {
            var failures = await GuestScript.RunForEachAsync(guest, script, items, arguments, cancellationToken);
            foreach (var (entry, failure) in items.Zip(failures).Where(item => item.Second.Length > 0))
                report.Failed(Path.Join(source, entry.Path), new QgaGuestException(failure));
        }

        string In(TreeEntry entry) => entry.Path.Length == 0 ? target : $"{target.TrimEnd('/')}/{entry.Path}";
    }

    private async Task CopyFileAsync(string source, string target, bool? isNew, CancellationToken cancellationToken)
    {
        var progress = report.Begin(source);
        if (options.IsResumed && isNew == false && await FileSums.AreSameAsync(guest, target, source, cancellationToken))
        {
            report.Done(new CopiedFile(source, target, null), new FileInfo(source).Length);
            return;
        }

        var how = new UploadOptions
        {
            Resume = options.IsResumed,
            Verify = options.IsVerified,
            Mode = isNew == true && !options.KeepsAttributes ? File.GetUnixFileMode(source) & LocalFile.Permissions : null,
            PreserveMode = options.KeepsAttributes,
            PreserveOwner = options.KeepsAttributes,
        };
        var result = await guest.Files.UploadAsync(source, target, how, progress, cancellationToken);
        if (options.IsSparse)
            await GuestScript.RunAsync(guest, DigHoles, [target], cancellationToken);
        report.Done(new CopiedFile(source, target, result), result.Bytes);
    }

    /// <returns>Null if the guest runs no programs for its host.</returns>
    private async Task<string?> KindsOfAsync(string[] paths, CancellationToken cancellationToken)
    {
        try
        {
            var kinds = await GuestScript.RunForAllAsync(guest, Kinds, paths, path => [path], cancellationToken);
            return kinds.Length == paths.Length
                ? kinds
                : throw new QgaGuestException($"the guest's shell has said '{kinds}' of {paths.Length} paths");
        }
        catch (QgaCommandException failure) when (GuestShell.IsMissing(failure))
        {
            return null;
        }
    }

    private static string ModeOf(TreeEntry entry) =>
        entry.Kind == EntryKind.Link ? "" : Convert.ToString((int)entry.Mode, 8);

    private string OwnerOf(TreeEntry entry) =>
        options.KeepsAttributes ? string.Create(CultureInfo.InvariantCulture, $"{entry.User}:{entry.Group}") : "";

    /// <summary>All that is below a directory, and itself, each directory before what is in it. Links are not followed.</summary>
    /// <remarks>What can't be looked at, or is gone by now, is a failure of its own.</remarks>
    private List<TreeEntry> Walk(string root)
    {
        List<TreeEntry> entries = [];
        Visit("", root);
        return entries;

        void Visit(string path, string place)
        {
            try
            {
                Add(path, place);
            }
            catch (Exception failure) when (path.Length > 0 && CopyReport.IsOfOneFile(failure))
            {
                report.Failed(place, failure);
            }
        }

        void Add(string path, string place)
        {
            // The runtime puts U+FFFD where a name is no UTF-8.
            var status = LibC.Status(place) ?? throw new IOException(
                place.Contains('\uFFFD', StringComparison.Ordinal) ? "the name is no UTF-8, and can't be asked for" : "it is not there any more");
            var kind = path.Length == 0 ? LibC.S_IFDIR : status.Kind;
            var entry = new TreeEntry(EntryKind.Other, path, status.Permissions, status.User, status.Group, 0);
            switch (kind)
            {
                case LibC.S_IFREG:
                    entries.Add(entry with { Kind = EntryKind.File, Size = new FileInfo(place).Length });
                    break;
                case LibC.S_IFLNK:
                    entries.Add(entry with { Kind = EntryKind.Link, LinkTarget = new FileInfo(place).LinkTarget ?? "" });
                    break;
                case LibC.S_IFDIR:
                    var mode = path.Length == 0 ? File.GetUnixFileMode(place) : status.Permissions;
                    entries.Add(entry with { Kind = EntryKind.Directory, Mode = mode });
                    foreach (var below in Directory.GetFileSystemEntries(place).Order(StringComparer.Ordinal))
                        Visit(path.Length == 0 ? Path.GetFileName(below) : $"{path}/{Path.GetFileName(below)}", below);
                    break;
                default:
                    entries.Add(entry);
                    break;
            }
        }
    }
}
