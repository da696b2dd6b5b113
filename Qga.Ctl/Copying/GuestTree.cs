using System.Globalization;
using System.Text;
using Qga.Client;
using Qga.Ctl.Guests;

namespace Qga.Ctl.Copying;

/// <summary>What is at a path of a guest. The guest is not trusted: a path that could lead out of the tree ends the copy.</summary>
internal static class GuestTree
{
    /// <summary>How long a list may be; in bytes.</summary>
    private const int LongestList = 64 << 20;

    private const int PathMax = 4096;

    private const string StatusOfFile = """
        [ -e "$1" ] || { echo "$1: No such file or directory" >&2; exit 1; }
        if [ -d "$1" ]; then printf d; elif [ -f "$1" ]; then printf f; else printf o; fi
        stat -L -c ' %a %u %g %s' -- "$1"
        """;

    /// <summary>Prints <c>KIND MODE USER GROUP SIZE ./PATH NUL TARGET NUL</c> for each entry; the slow way is for a find(1) of busybox.</summary>
    private const string List = """
        cd -- "$1" || exit
        if find . -prune -printf '' 2> /dev/null; then
            exec find . -printf '%y %m %U %G %s %p\0%l\0'
        fi
        exec find . -exec sh -c '
            for path; do
                kind=o link=
                if [ -h "$path" ]; then
                    kind=l link=$(readlink "$path"; echo .)
                    link=${link%??}
                elif [ -d "$path" ]; then kind=d
                elif [ -f "$path" ]; then kind=f
                fi
                printf "%s %s %s\0%s\0" "$kind" "$(stat -c "%a %u %g %s" "$path")" "$path" "$link"
            done' sh {} +
        """;

    /// <summary>What is at a path, a link followed.</summary>
    /// <returns>Null if the guest runs no programs for its host.</returns>
    /// <exception cref="QgaGuestException">There is nothing.</exception>
    internal static async Task<TreeEntry?> StatusAsync(GuestAgent guest, string path, CancellationToken cancellationToken)
    {
        try
        {
            var printed = await GuestScript.RunAsync(guest, StatusOfFile, [path], cancellationToken);
            return Head(printed.Trim(), "") ?? throw new QgaGuestException($"{path}: the guest's stat has said '{printed}'");
        }
        catch (QgaCommandException failure) when (GuestShell.IsMissing(failure))
        {
            return null;
        }
    }

    /// <summary>All that is below a directory, and itself, each directory before what is in it.</summary>
    /// <returns>The entries, and what could not be listed.</returns>
    /// <exception cref="QgaGuestException">The list is none, too long, or leads out of the tree.</exception>
    internal static async Task<(List<TreeEntry> Entries, List<string> Failures)> ListAsync(
        GuestAgent guest, string path, CancellationToken cancellationToken)
    {
        using MemoryStream output = new(), errors = new();
        var run = await guest.RunAsync("/bin/sh", ["-c", List, "sh", path], onOutput: Take, cancellationToken: cancellationToken);
        List<string> failures = [.. Encoding.UTF8.GetString(errors.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        if (run.Exit.ShellCode != 0 && (output.Length == 0 || failures.Count == 0))
            throw new QgaGuestException($"{path}: {(failures.Count > 0 ? failures[0] : $"can't be listed: exit code {run.Exit.ShellCode}")}");
        return (Parse(output.ToArray(), failures), failures);

        void Take(GuestOutput chunk)
        {
            var to = chunk.Kind == GuestOutputKind.Output ? output : errors;
            if (to.Length + chunk.Data.Length > LongestList)
                throw new IOException($"{path}: the guest's list of files is longer than {LongestList} bytes");
            to.Write(chunk.Data.Span);
        }
    }

    /// <summary>Takes a list apart. Names that are no UTF-8 can't be asked for, and are told as failures.</summary>
    internal static List<TreeEntry> Parse(ReadOnlySpan<byte> list, List<string> failures)
    {
        List<TreeEntry> entries = [];
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        while (!list.IsEmpty)
        {
            var head = Next(ref list);
            var target = Next(ref list);
            try
            {
                var text = strict.GetString(head);
                var at = text.IndexOf(" .", StringComparison.Ordinal);
                var path = at < 0 ? throw Bad(text) : PathOf(text[(at + 1)..]);
                entries.Add(Head(text[..at], path) is { } entry ? entry with { LinkTarget = strict.GetString(target) } : throw Bad(text));
            }
            catch (DecoderFallbackException)
            {
                failures.Add($"{Encoding.UTF8.GetString(head).Split(' ', 6)[^1]}: the name is no UTF-8, and can't be asked for");
            }
        }

        return entries;
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> list)
    {
        var end = list.IndexOf((byte)0);
        if (end < 0)
            throw new QgaGuestException("the guest's list of files is cut off");
        var part = list[..end];
        list = list[(end + 1)..];
        return part;
    }

    /// <exception cref="QgaGuestException">It leads out of the tree, or is none.</exception>
    private static string PathOf(string listed)
    {
        if (listed == ".")
            return "";
        var path = listed.StartsWith("./", StringComparison.Ordinal) ? listed[2..] : throw Bad(listed);
        return path.Length > PathMax || path.Split('/').Any(name => name is "" or "." or "..") ? throw Bad(listed) : path;
    }

    private static TreeEntry? Head(string text, string path)
    {
        if (text.Split(' ') is not [var kind, var mode, var user, var group, var size]
            || !uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var owner)
            || !uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var ownerGroup)
            || !long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            || mode.Length is 0 or > 5 || mode.Any(digit => digit is < '0' or > '7'))
            return null;
        var found = kind switch { "f" => EntryKind.File, "d" => EntryKind.Directory, "l" => EntryKind.Link, _ => EntryKind.Other };
        return new TreeEntry(found, path, (UnixFileMode)(Convert.ToInt32(mode, 8) & 0xFFF), owner, ownerGroup, bytes);
    }

    private static QgaGuestException Bad(string listed) =>
        new($"the guest lists '{listed}', which is no place below the directory that was asked for");
}
