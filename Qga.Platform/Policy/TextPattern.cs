using System.Text;
using System.Text.RegularExpressions;

namespace Qga.Platform.Policy;

/// <summary>
/// A regular expression of a rule, which has to match a text as a whole. Most only say which texts there may be, as <c>^(start|stop)$</c>: those are
/// compared.
/// </summary>
internal sealed class TextPattern
{
    private readonly string[]? _texts;
    private readonly Regex? _regex;

    /// <param name="pattern">The expression.</param>
    /// <param name="dotIsAny">Whether a dot stands for a line feed too.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    /// <exception cref="NotSupportedException">It looks around or back, or is too large.</exception>
    internal TextPattern(string pattern, bool dotIsAny)
    {
        _texts = TextsOf(pattern);
        if (_texts is null)
            _regex = Glob.Whole(pattern, dotIsAny ? RegexOptions.Singleline : RegexOptions.None);
    }

    internal bool Matches(string text) => _regex?.IsMatch(text) ?? Array.IndexOf(_texts!, text) >= 0;

    /// <returns>Null if the expression says more than that.</returns>
    private static string[]? TextsOf(string pattern)
    {
        if (pattern.StartsWith('^'))
            pattern = pattern[1..];
        if (pattern.EndsWith('$') && !pattern.EndsWith("\\$", StringComparison.Ordinal))
            pattern = pattern[..^1];
        if (pattern is ['(', .. var inner, ')'])
        {
            string[] texts = [.. inner.Split('|').Select(TextOf).OfType<string>()];
            return texts.Length == inner.Split('|').Length ? texts : null;
        }

        return TextOf(pattern) is { } single ? [single] : null;
    }

    /// <returns>Null if a character stands for something else than itself.</returns>
    private static string? TextOf(string pattern)
    {
        var text = new StringBuilder(pattern.Length);
        for (var at = 0; at < pattern.Length; at++)
        {
            var character = pattern[at];
            if (character == '\\' && at + 1 < pattern.Length && char.IsAscii(pattern[at + 1]) && char.IsPunctuation(pattern[at + 1])
                && pattern[at + 1] != '_')
                text.Append(pattern[++at]);
            else if (char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '/' or '@' or ':' or ',' or '=' or '%' or ' ')
                text.Append(character);
            else
                return null;
        }

        return text.ToString();
    }
}
