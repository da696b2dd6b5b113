using Qga.Client;

namespace Qga.Ctl.Groups;

/// <summary>Who is in a group: each guest once, as far as addresses can tell.</summary>
internal static class GroupMembers
{
    private const string Unix = "unix:";

    /// <summary>Two names of the same guest; null if there are none.</summary>
    internal static (string First, string Second)? TwiceIn(IEnumerable<(string Name, GuestAddress Address)> members)
    {
        Dictionary<string, string> seen = new(StringComparer.Ordinal);
        foreach (var (name, address) in members)
        {
            if (!seen.TryAdd(PlaceOf(address), name))
                return (seen[PlaceOf(address)], name);
        }

        return null;
    }

    /// <remarks>A socket has as many paths as there are links to it.</remarks>
    private static string PlaceOf(GuestAddress address)
    {
        var text = address.ToString();
        return text.StartsWith(Unix, StringComparison.Ordinal) ? Unix + Resolved(text[Unix.Length..]) : text;
    }

    private static string Resolved(string path)
    {
        try
        {
            var full = Path.GetFullPath(path);
            var folder = Path.GetDirectoryName(full);
            return folder is null ? full : (File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName) is { } target && target != full
                ? Resolved(target)
                : Path.Combine(ResolvedFolder(folder), Path.GetFileName(full));
        }
        catch (IOException)
        {
            return path;        // it leads nowhere, and connecting will tell
        }
    }

    private static string ResolvedFolder(string folder)
    {
        if (Directory.ResolveLinkTarget(folder, returnFinalTarget: true) is { } target)
            return ResolvedFolder(Path.GetFullPath(target.FullName));
        return Path.GetDirectoryName(folder) is { } parent ? Path.Combine(ResolvedFolder(parent), Path.GetFileName(folder)) : folder;
    }
}
