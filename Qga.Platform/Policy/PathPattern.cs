using System.Text.RegularExpressions;
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
    private readonly Regex? _glob;

    /// <summary>What is before the last slash that is before the first wildcard; empty for the root directory.</summary>
    private readonly string _directory = "";

    /// <param name="text">An absolute path, whose <c>*</c> and <c>?</c> stand for no slash, and whose <c>**</c> does.</param>
    /// <param name="isDeny">
    /// Whether it is of a rule that denies, which must not be passed by: capitals don't matter, as there are filesystems to which they don't,
    /// and where nobody can tell what a path leads to, it is this.
    /// </param>
    internal PathPattern(string text, bool isDeny)
    {
        (_text, _isDeny) = (text, isDeny);
        if (Glob.Wildcard(text) is not (>= 0 and var wildcard))
            return;
        _glob = Glob.OfPaths(text, isDeny);
        _directory = text[..text.LastIndexOf('/', wildcard)];
    }

    /// <summary>The file by a name that the rule has for it: the one that was asked for, if it is one.</summary>
    internal string NameFor(ResolvedFile file) => _glob is null ? _text : file.Place is { } place && IsName(place) ? place : file.Path ?? _text;

    internal bool Matches(ResolvedFile file)
    {
        if (file.Path is not { } path)
            return _isDeny;
        if (_isDeny)
            return IsMeant(path, file) || file.OtherPaths.Any(other => IsName(other) || IsBelowLink(other, file));
        return file.HasOtherNames
            ? _glob is null && IsMeant(path, file) && IsRootsAlone(_text)
            : IsName(path) || (IsMeant(path, file) && IsRootsAlone(_glob is null ? _text : _directory));
    }

    private static bool IsRootsAlone(string path) => FileTrust.Weakness(path) is null;

    private bool IsMeant(string path, ResolvedFile file) => IsName(path) || (_glob is null ? file.Is(_text) : IsBelowLink(path, file));

    private bool IsName(string path) => _glob is not null
        ? path.StartsWith(_directory, Comparison) && _glob.IsMatch(path)
        : path.Equals(_text, Comparison);

    private StringComparison Comparison => _isDeny ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>Whether it is, if what stands before the wildcards is a link, or leads through one.</summary>
    private bool IsBelowLink(string path, ResolvedFile file)
    {
        if (_directory.Length == 0 || file.RealPathOf(_directory) is not { } real || real == _directory)
            return false;
        return real == "/"
            ? IsName(_directory + path)
            : path.Length > real.Length && path[real.Length] == '/' && path.StartsWith(real, StringComparison.Ordinal)
                && IsName(_directory + path[real.Length..]);
    }
}
