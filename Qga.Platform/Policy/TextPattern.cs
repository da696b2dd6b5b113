using System.Text;
using System.Text.RegularExpressions;

namespace Qga.Platform.Policy;

/// <summary>
/// A regular expression of a rule, which has to match a text as a whole. Most only say which texts there may be, as <c>^(start|stop)$</c>: those are
/// compared. The others are automata (<see cref="RegexOptions.NonBacktracking"/>), which take time in proportion to the text; how much for each
/// character, and how much memory they grow by, is the expression's, so both have a limit.
/// </summary>
internal sealed class TextPattern
{
    /// <summary>Longer than any expression that is meant takes for the longest argument that there can be.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);

    /// <summary>The most nodes of an automaton, by the runtime's estimate; its own limit is five times that. A count of 255 takes 1300.</summary>
    private const int MostNodes = 2000;

    /// <summary>An automaton that remembers more than that, in bytes, is built anew.</summary>
    private const long MostGrowth = 1 << 20;

    private readonly string _pattern;
    private readonly RegexOptions _options;
    private readonly string[]? _texts;
    private volatile Regex? _regex;
    private long _growth;

    /// <param name="pattern">The expression.</param>
    /// <param name="dotIsAny">Whether a dot stands for a line feed too.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    /// <exception cref="NotSupportedException">It looks around or back, or is too large.</exception>
    internal TextPattern(string pattern, bool dotIsAny)
    {
        _pattern = pattern;
        _options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (dotIsAny ? RegexOptions.Singleline : RegexOptions.None);
        _texts = TextsOf(pattern);
        if (_texts is not null)
            return;
        AppContext.SetData("REGEX_NONBACKTRACKING_MAX_AUTOMATA_SIZE", MostNodes);
        _ = new Regex(pattern, _options, MostTime);     // by itself: it must not end the group around it
        _regex = Build();
    }

    /// <summary>Whether it takes no time to speak of.</summary>
    internal bool IsComparison => _texts is not null;

    /// <summary>Whether there is an automaton, with what it remembers.</summary>
    internal bool IsBuilt => _regex is not null;

    /// <exception cref="RegexMatchTimeoutException">It takes too long to tell.</exception>
    internal bool Matches(string text)
    {
        if (_texts is not null)
            return Array.IndexOf(_texts, text) >= 0;
        var regex = _regex ??= Build();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            return regex.IsMatch(text);
        }
        finally
        {
            if (Interlocked.Add(ref _growth, GC.GetAllocatedBytesForCurrentThread() - before) > MostGrowth)
            {
                _regex = null;
                Interlocked.Exchange(ref _growth, 0);
            }
        }
    }

    private Regex Build() => new($@"\A(?:{_pattern})\z", _options, MostTime);

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
