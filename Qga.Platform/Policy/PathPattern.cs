using Qga.Platform.Trust;

namespace Qga.Platform.Policy;

/// <summary>
/// A path of a rule. One without wildcards is a file, by whatever name it is reached: links in it are followed, and a hard link to it is the
/// same file. A glob is about names; links in the directories before its first wildcard are followed. Of a rule that allows all that counts only
/// where nobody but root can put a link: whoever else can would have the rule mean something else.
/// </summary>
internal sealed class PathPattern
{
    private readonly string _text;
    private readonly bool _isDeny;
    private readonly Glob? _glob;

    /// <summary>What is before the last slash that is before the first wildcard; empty for the root directory.</summary>
    private readonly string _directory = "";

    /// <param name="text">An absolute path, whose <c>*</c> and <c>?</c> stand for no slash, and whose <c>**</c> does.</param>
    /// <param name="isDeny">
    /// Whether it is of a rule that denies, which must not be passed by: capitals don't matter, as there are filesystems to which they don't,
    /// and where nobody can tell what a path leads to, or what else a file is, it is this.
    /// </param>
    internal PathPattern(string text, bool isDeny)
    {
        (_text, _isDeny) = (text, isDeny);
        if (Glob.Wildcard(text) is not (>= 0 and var wildcard))
            return;
        _glob = Glob.OfPaths(text, isDeny);
        _directory = text[..text.LastIndexOf('/', wildcard)];
    }

    /// <summary>The file by a name that the rule has for it: the one that was asked for, if it is one that is nobody's to give but root's.</summary>
    internal string NameFor(ResolvedFile file) => _glob is null ? _text
        : file.Place is { } place && IsName(place) && file.WayOf(place) is { IsHere: true, Weakness: null } ? place
        : file.Path ?? _text;

    internal bool Matches(ResolvedFile file)
    {
        if (file.IsNowhere)
            return false;
        if (file.Path is not { } path)
            return _isDeny;
        return _isDeny ? IsDenied(path, file) : IsAllowed(path, file, out _);
    }

    /// <summary>Why a rule that allows does not mean a file, though its words do; null if they don't, or it does.</summary>
    internal string? DoubtOf(ResolvedFile file)
    {
        string? doubt = null;
        if (!_isDeny && file is { IsNowhere: false, Path: { } path })
            _ = IsAllowed(path, file, out doubt);
        return doubt;
    }

    /// <summary>What an administrator may not have meant by it, as the guest is now.</summary>
    internal IEnumerable<string> Oddities()
    {
        using var walk = PathWalk.Along(_glob is null ? _text : _directory);
        if (_glob is null && walk.Missing is null && walk.Status.IsDirectory)
            yield return $"{_text} is a directory, and what is in it is not meant: that is {_text.TrimEnd('/')}/**";
        if (!_isDeny && walk is { HasLinks: true, Weakness: { } weakness })
            yield return $"the links in {_text} are not followed: {weakness}";
    }

    private bool IsDenied(string path, ResolvedFile file)
    {
        if ((_glob is not null && file.HasOtherNames) || IsMeant(path, file) != false)
            return true;
        return file.OtherPaths is not { } others || others.Any(other => IsName(other) || IsBelowLink(other, file) != false);
    }

    private bool IsAllowed(string path, ResolvedFile file, out string? doubt)
    {
        doubt = null;
        if (IsName(path) && !file.HasOtherNames)
            return true;
        if (IsMeant(path, file) != true)
            return false;
        if (_glob is not null && file.HasOtherNames)
        {
            doubt = "the file has several hard links, and nobody can tell what else it is";
            return false;
        }

        // What was found in passing is looked at name by name: it counts only if nobody else has had a hand in it.
        var way = file.WayOf(_glob is null ? _text : _directory);
        doubt = way.Weakness?.ToString();
        return way.Weakness is null && (_glob is null ? way.IsHere : way.RealPath is { } real && IsBelow(path, real));
    }

    /// <returns>Null if that can't be told.</returns>
    private bool? IsMeant(string path, ResolvedFile file) => IsName(path) ? true : _glob is null ? file.Is(_text) : IsBelowLink(path, file);

    private bool IsName(string path) => _glob is not null
        ? _glob.IsMatch(path)
        : path.Equals(_text, _isDeny ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    /// <summary>Whether it is, if what stands before the wildcards is a link, or leads through one; null if that can't be told.</summary>
    private bool? IsBelowLink(string path, ResolvedFile file)
    {
        if (_directory.Length == 0)
            return false;
        var real = file.RealPathOf(_directory, out var isKnown);
        return real is not null ? IsBelow(path, real) : isKnown ? false : null;
    }

    private bool IsBelow(string path, string real)
    {
        if (real == _directory)
            return false;
        return real == "/"
            ? IsName(_directory + path)
            : path.Length > real.Length && path[real.Length] == '/' && path.StartsWith(real, StringComparison.Ordinal)
                && IsName(_directory + path[real.Length..]);
    }
}
