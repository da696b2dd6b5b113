using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>Which filesystems the administrator keeps out of every freeze.</summary>
/// <param name="patterns">
/// Globs as in a shell, but <c>*</c> matches a slash too; one that begins with a slash is for mount points, any other for types.
/// U+FFFD matches what is not UTF-8. A slash at the end of a path says nothing.
/// </param>
public sealed class FreezeExclusions(IReadOnlyList<string> patterns)
{
    public bool Excludes(MountPoint mountPoint) => patterns.Any(pattern => Excludes(pattern, mountPoint));

    /// <summary>The patterns that stand for one path, and keep none of these out: misspelt, or a link to a mount point.</summary>
    public IEnumerable<string> Idle(IReadOnlyList<MountPoint> mountPoints) =>
        from pattern in patterns
        where pattern.StartsWith('/') && pattern.AsSpan().IndexOfAny("*?[") < 0
        where !mountPoints.Any(mountPoint => Excludes(pattern, mountPoint))
        select pattern;

    private static bool Excludes(string pattern, MountPoint mountPoint)
    {
        if (!pattern.StartsWith('/'))
            return Matches(pattern, mountPoint.Type);
        var path = pattern.Length > 1 ? $"/{pattern.Trim('/')}" : pattern;
        return Matches(path, mountPoint.Path) || Matches(path, KernelPath.Readable(mountPoint.Path));
    }

    /// <summary>Takes as much time at most as both lengths multiplied: only the last star is ever taken back.</summary>
    private static bool Matches(string pattern, string text)
    {
        var (at, star, retry) = (0, -1, 0);
        for (var i = 0; i < text.Length;)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                star = ++at;
                retry = i;
            }
            else if (at < pattern.Length && MatchesOne(pattern, ref at, text[i]))
            {
                i++;
            }
            else if (star >= 0)
            {
                at = star;
                i = ++retry;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(at).Trim('*').IsEmpty;
    }

    /// <summary>Whether the character matches what is at the place, which then moves on.</summary>
    private static bool MatchesOne(string pattern, ref int at, char character)
    {
        var expected = pattern[at++];
        if (expected == '[' && ClassAt(pattern, at) is { } end)
        {
            var members = pattern.AsSpan(at, end - at);
            at = end + 1;
            return members.StartsWith("!") ? !IsIn(members[1..], character) : IsIn(members, character);
        }

        return expected == '?' || expected == character;
    }

    /// <summary>The place of the bracket that ends the class; null if there is none. One that stands first is a member.</summary>
    private static int? ClassAt(string pattern, int start)
    {
        var first = start + (start < pattern.Length && pattern[start] == '!' ? 1 : 0);
        var end = first + 1 < pattern.Length ? pattern.IndexOf(']', first + 1) : -1;
        return end < 0 ? null : end;
    }

    private static bool IsIn(ReadOnlySpan<char> members, char character)
    {
        while (!members.IsEmpty)
        {
            var isRange = members is [_, '-', _, ..];
            var last = isRange ? members[2] : members[0];
            if (character >= members[0] && character <= last)
                return true;

            members = members[(isRange ? 3 : 1)..];
        }

        return false;
    }
}
