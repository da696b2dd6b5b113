using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.Trust;

namespace Qga.Platform.Audit;

/// <summary>The audit file and those that logrotate has made of it.</summary>
public static class AuditFiles
{
    /// <summary>All that are there and not compressed, in the order in which they were written.</summary>
    public static IReadOnlyList<string> All(string path)
    {
        var isThere = LibC.LinkStatus(path, out _) == Errno.Success;
        return [.. Rotated(path), .. isThere ? [path] : (string[])[]];
    }

    /// <summary>Why the audit file can't be written by what is there now; null if it can, or is made when it is needed.</summary>
    public static string? FaultOf(string path)
    {
        var place = AuditDirectory.Of(path);
        if (LibC.LinkStatus(place, out _) == Errno.ENOENT && FileTrust.IsDirectory(AuditDirectory.Of(place)))
            return null;
        var fault = AuditDirectory.Open(place, makes: false, out var directory);
        using (directory)
        {
            return fault is null && LibC.LinkStatusAt(directory, AuditDirectory.NameOf(path), out var status) == Errno.Success
                ? AuditFile.FaultOf(path, status)
                : fault;
        }
    }

    /// <summary>Those that are compressed: somebody else has to unpack them.</summary>
    public static IReadOnlyList<string> Compressed(string path) => [.. Siblings(path).Where(IsCompressed).Order(StringComparer.Ordinal)];

    /// <summary>Those that were renamed, in the order in which they were written: by dates, or by numbers, of which 1 is the newest.</summary>
    internal static IReadOnlyList<string> Rotated(string path) =>
    [
        .. from sibling in Siblings(path)
           let suffix = sibling[(path.Length + 1)..]
           where suffix.All(character => char.IsAsciiDigit(character) || character == '-')
           let number = NumberOf(suffix)
           orderby number is not null, -(number ?? 0), sibling
           select sibling,
    ];

    /// <summary>The number of logrotate; a date has more digits.</summary>
    private static int? NumberOf(string suffix) =>
        suffix.Length < 6 && int.TryParse(suffix, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool IsCompressed(string path) =>
        path.EndsWith(".gz", StringComparison.Ordinal) || path.EndsWith(".xz", StringComparison.Ordinal)
        || path.EndsWith(".bz2", StringComparison.Ordinal) || path.EndsWith(".zst", StringComparison.Ordinal);

    private static IEnumerable<string> Siblings(string path)
    {
        var name = AuditDirectory.NameOf(path);
        _ = LibC.List(AuditDirectory.Of(path), out var names);
        return
            from other in names
            where other.Length > name.Length + 1 && other.StartsWith(name, StringComparison.Ordinal) && other[name.Length] is '.' or '-'
            select path[..^name.Length] + other;
    }
}
