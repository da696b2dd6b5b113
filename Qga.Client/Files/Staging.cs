using System.Globalization;

namespace Qga.Client;

/// <summary>A place beside the target, in the guest, where an upload grows until it takes the target's place.</summary>
internal sealed class Staging
{
    private const int CopyDiffers = 65;

    /// <summary>Says where the place is and what is in it; prints SUM? SIZE HASH NAME, then the target. NAME is - for that of the target.</summary>
    /// <remarks>
    /// The part is nobody else's to read. What somebody else has put into its place is removed, as far as that is there by then; a name that
    /// leaves no room for the part's is told by its checksum.
    /// </remarks>
    private const string Prepare = GuestShell.Sum + """

        target=$(readlink -f -- "$1") && [ -n "$target" ] || { echo "$1: no such directory" >&2; exit 1; }
        [ ! -d "$target" ] || { echo "$1 is a directory" >&2; exit 1; }
        [ ! -e "$target" ] || [ -f "$target" ] || { echo "$1 is no regular file, and is not replaced" >&2; exit 1; }
        name=${target##*/} short=-
        [ "$(printf %s "$name" | wc -c)" -le 240 ] || name=$(printf %s "$name" | cksum | tr ' ' -) short=$name
        part=${target%/*}/.$name.qga-part
        [ "$2" != remove ] || exec rm -f -- "$part"
        [ "$2" = resume ] && [ -f "$part" ] && [ ! -L "$part" ] && [ -O "$part" ] && [ "$(stat -c %h -- "$part")" -eq 1 ] && chmod 600 "$part" ||
            { rm -f -- "$part" && (umask 077; set -C; : > "$part") || exit 1; }
        size=$(wc -c < "$part") hash=- sum=no
        if [ -n "$by" ]; then
            sum=yes
            [ "$size" -eq 0 ] || hash=$(sum < "$part")
        fi
        printf '%s %d %s %s\n%s' "$sum" "$size" "$hash" "$short" "$target"
        """;

    private const string Restart = """rm -f -- "$1" && (umask 077; set -C; : > "$1")""";

    /// <summary>Compares. Arguments: part, size, hash or nothing.</summary>
    private const string Compare = GuestShell.Sum + """

        set -e
        [ "$(wc -c < "$1")" -eq "$2" ] || exit 65
        [ -n "$3" ] || exit 0
        hash=$(sum < "$1")
        [ "$hash" = "$3" ] || exit 65
        """;

    /// <summary>Gives the part its owner and mode, and renames it. Arguments: part, target, mode, owner.</summary>
    private const string Commit = """
        set -e
        [ -f "$1" ] && [ ! -L "$1" ] || { echo "$1 was replaced by somebody else" >&2; exit 1; }
        mode=644 owner=
        if [ -e "$2" ]; then
            mode=$(stat -c %a -- "$2")
            owner=$(stat -c %u:%g -- "$2")
        fi
        [ -z "$4" ] || owner=$4
        [ -z "$owner" ] || chown -h -- "$owner" "$1"
        chmod "${3:-$mode}" "$1"
        mv -fT -- "$1" "$2" 2> /dev/null && exit
        [ ! -d "$2" ] || { echo "$2 is a directory" >&2; exit 1; }
        mv -f -- "$1" "$2"
        """;

    private const string Attributes = """
        set -e
        [ -z "$3" ] || chown -- "$3" "$1"
        [ -z "$2" ] || chmod -- "$2" "$1"
        """;

    private readonly GuestAgent _guest;
    private readonly string _target;

    private Staging(GuestAgent guest, string target, string? name, bool hasSum, long partSize, string? partSum)
    {
        (_guest, _target, HasSum, PartSize, PartSum) = (guest, target, hasSum, partSize, partSum);
        var slash = target.LastIndexOf('/');
        Part = $"{target[..slash]}/.{name ?? target[(slash + 1)..]}.qga-part";
    }

    /// <summary>Where the upload grows.</summary>
    internal string Part { get; }

    /// <summary>How much an earlier upload has left there.</summary>
    internal long PartSize { get; }

    /// <summary>Its SHA-256; null if the guest can't tell.</summary>
    internal string? PartSum { get; }

    /// <summary>Whether the guest can take a SHA-256.</summary>
    internal bool HasSum { get; }

    /// <summary>Makes the place.</summary>
    /// <returns>Null if the guest runs no programs for its host, or has no shell.</returns>
    /// <exception cref="QgaGuestException">There can be no such file.</exception>
    internal static async Task<Staging?> TryPrepareAsync(GuestAgent guest, string path, bool isResumed, CancellationToken cancellationToken)
    {
        GuestShell.Run run;
        try
        {
            run = await GuestShell.RunAsync(guest, Prepare, [path, isResumed ? "resume" : "anew"], cancellationToken).ConfigureAwait(false);
        }
        catch (QgaCommandException failure) when (GuestShell.IsMissing(failure))
        {
            return null;
        }

        string output;
        try
        {
            output = run.Succeeded(path);
        }
        catch (QgaGuestException) when (run.ExitCode == 0)
        {
            // The name of what was made is no text, and can be told by nobody but the script.
            _ = await GuestShell.RunAsync(guest, Prepare, [path, "remove"], cancellationToken).ConfigureAwait(false);
            throw;
        }

        if (output.Split('\n', 2) is not [var facts, ['/', ..] target] || facts.Split(' ') is not [var sum, var digits, var hash, var name]
            || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            throw new QgaGuestException($"{path}: the guest's shell has said '{output}'");
        return new Staging(guest, target, name == "-" ? null : name, sum == "yes", size, hash == "-" ? null : hash);
    }

    /// <summary>Makes the place empty.</summary>
    internal async Task RestartAsync(CancellationToken cancellationToken)
    {
        var run = await GuestShell.RunAsync(_guest, Restart, [Part], cancellationToken).ConfigureAwait(false);
        _ = run.Succeeded(Part);
    }

    /// <summary>Has the part take the target's place.</summary>
    /// <param name="size">How large it must be.</param>
    /// <param name="sum">Its SHA-256; null if nothing is to be compared.</param>
    /// <param name="options">Mode and owner.</param>
    /// <param name="cancellationToken">Gives up, before the part is renamed: nobody would know whether it was.</param>
    /// <exception cref="QgaVerificationException">It is not as large, or has another sum.</exception>
    internal async Task CommitAsync(long size, string? sum, UploadOptions options, CancellationToken cancellationToken)
    {
        string[] compared = [Part, size.ToString(CultureInfo.InvariantCulture), sum ?? ""];
        var run = await GuestShell.RunAsync(_guest, Compare, compared, cancellationToken).ConfigureAwait(false);
        if (run.ExitCode == CopyDiffers)
            throw new QgaVerificationException($"{_target}: what is in the guest is not what was sent");
        _ = run.Succeeded(_target);

        cancellationToken.ThrowIfCancellationRequested();
        string[] arguments = [Part, _target, ModeOf(options), options.Owner ?? ""];
        run = await GuestShell.RunAsync(_guest, Commit, arguments, CancellationToken.None).ConfigureAwait(false);
        _ = run.Succeeded(_target);
    }

    /// <summary>Removes the part, as far as the guest can be reached.</summary>
    internal async Task TryRemoveAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience, _guest.Clock);
        try
        {
            _ = await GuestShell.RunAsync(_guest, """rm -f -- "$1" """, [Part], limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is QgaException or OperationCanceledException or ObjectDisposedException)
        {
            // The caller hears why the upload has failed.
        }
    }

    /// <summary>Gives a file its mode and owner.</summary>
    /// <exception cref="QgaUnsupportedException">The guest runs no programs for its host.</exception>
    internal static async Task SetAttributesAsync(GuestAgent guest, string path, UploadOptions options, CancellationToken cancellationToken)
    {
        try
        {
            string[] arguments = [path, ModeOf(options), options.Owner ?? ""];
            var run = await GuestShell.RunAsync(guest, Attributes, arguments, cancellationToken).ConfigureAwait(false);
            _ = run.Succeeded(path);
        }
        catch (QgaCommandException failure) when (GuestShell.IsMissing(failure))
        {
            throw new QgaUnsupportedException($"{path}: the guest runs no programs for its host, which mode and owner take: {failure.Description}");
        }
    }

    private static string ModeOf(UploadOptions options) => options.Mode is { } mode ? Convert.ToString((int)mode, 8) : "";
}
