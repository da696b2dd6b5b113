using System.Text;
using System.Text.RegularExpressions;

namespace Qga.Platform.Policy;

/// <summary>
/// Globs and regular expressions of rules as automata: they take time in proportion to the text, whatever the pattern is (the engine of
/// <see cref="RegexOptions.NonBacktracking"/>).
/// </summary>
internal static class Glob
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    /// <summary>Where the first character stands that does not stand for itself; -1 for a plain name.</summary>
    internal static int Wildcard(string pattern) => pattern.AsSpan().IndexOfAny('*', '?');

    /// <summary>A glob on paths: <c>*</c> and <c>?</c> stand for no slash, <c>**</c> does.</summary>
    internal static Regex OfPaths(string pattern, bool ignoresCase)
    {
        var regex = new StringBuilder();
        for (var at = 0; at < pattern.Length; at++)
        {
            var isDeep = pattern[at] == '*' && at + 1 < pattern.Length && pattern[at + 1] == '*';
            regex.Append(pattern[at] switch
            {
                '*' when isDeep => ".*",
                '*' => "[^/]*",
                '?' => "[^/]",
                var character => Regex.Escape($"{character}"),
            });
            if (isDeep)
                at++;
        }

        return Whole(regex.ToString(), RegexOptions.Singleline | (ignoresCase ? RegexOptions.IgnoreCase : RegexOptions.None));
    }

    /// <summary>A glob on names, in which a star stands for anything.</summary>
    internal static Regex OfNames(string pattern) => Whole(Regex.Escape(pattern).Replace("\\*", ".*").Replace("\\?", "."), RegexOptions.Singleline);

    /// <summary>A regular expression that has to match a text as a whole, a line feed at its end included.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    /// <exception cref="NotSupportedException">It looks around or back, or is too large.</exception>
    internal static Regex Whole(string pattern, RegexOptions options)
    {
        _ = Of(pattern, options);           // by itself: it must not end the group around it
        return Of($@"\A(?:{pattern})\z", options);
    }

    /// <summary>It needs no limit of time.</summary>
    private static Regex Of(string pattern, RegexOptions options) => new(pattern, Linear | options, Regex.InfiniteMatchTimeout);
}
