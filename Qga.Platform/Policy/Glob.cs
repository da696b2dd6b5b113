using System.Text;

namespace Qga.Platform.Policy;

/// <summary>
/// A glob of a rule. It is followed through a text as an automaton, without a step back: whatever both are, that takes time in proportion to the
/// one and the other, and no memory.
/// </summary>
internal sealed class Glob
{
    // What is none of these is a character that stands for itself.
    private const int AnyButSlash = -1;
    private const int Any = -2;
    private const int ManyButSlash = -3;
    private const int Many = -4;

    /// <summary>The next two, or nothing in their place.</summary>
    private const int Maybe = -5;

    /// <summary>Most have fewer.</summary>
    private const int UsualSize = 256;

    private readonly int[] _parts;
    private readonly bool _ignoresCase;

    /// <summary>How many parts there are before the first that does not stand for itself.</summary>
    private readonly int _plain;

    private Glob(string pattern, bool isOfPaths, bool ignoresCase)
    {
        _ignoresCase = ignoresCase;
        _parts = [.. isOfPaths ? PartsOfPath(pattern) : PartsOfName(pattern)];
        _plain = Array.FindIndex(_parts, part => part < 0) is >= 0 and var first ? first : _parts.Length;
    }

    /// <summary>Where the first character stands that does not stand for itself; -1 for a plain name.</summary>
    internal static int Wildcard(string pattern) => pattern.AsSpan().IndexOfAny('*', '?');

    /// <summary>A glob on paths: <c>*</c> and <c>?</c> stand for no slash, <c>**</c> does, and <c>/**/</c> is also a slash alone.</summary>
    /// <param name="pattern">The glob.</param>
    /// <param name="ignoresCase">Whether capitals are as good as small letters.</param>
    internal static Glob OfPaths(string pattern, bool ignoresCase) => new(pattern, isOfPaths: true, ignoresCase);

    /// <summary>A glob on names, in which a star stands for anything.</summary>
    internal static Glob OfNames(string pattern) => new(pattern, isOfPaths: false, ignoresCase: false);

    /// <summary>Whether a text is of it, as a whole.</summary>
    internal bool IsMatch(string text)
    {
        var at = 0;
        for (var index = 0; index < _plain; index++)
        {
            if (at == text.Length || Next(text, ref at) != _parts[index])
                return false;
        }

        return _plain == _parts.Length ? at == text.Length : IsMatch(text, at);
    }

    private bool IsMatch(string text, int at)
    {
        // Which parts may come next; beyond the last is the end.
        var size = _parts.Length + 1;
        Span<bool> now = size <= UsualSize ? stackalloc bool[UsualSize] : new bool[size];
        Span<bool> then = size <= UsualSize ? stackalloc bool[UsualSize] : new bool[size];
        Enter(now, _plain);
        while (at < text.Length)
        {
            var character = Next(text, ref at);
            var isAlive = false;
            then.Clear();
            for (var index = _plain; index < _parts.Length; index++)
            {
                if (!now[index])
                    continue;
                var next = _parts[index] switch
                {
                    Many => index,
                    ManyButSlash when character != '/' => index,
                    Any => index + 1,
                    AnyButSlash when character != '/' => index + 1,
                    var plain when plain == character => index + 1,
                    _ => -1,
                };
                if (next < 0)
                    continue;
                Enter(then, next);
                isAlive = true;
            }

            if (!isAlive)
                return false;
            var former = now;
            now = then;
            then = former;
        }

        return now[_parts.Length];
    }

    /// <summary>Comes to a part, and to those behind it if it may stand for nothing.</summary>
    private void Enter(Span<bool> parts, int index)
    {
        while (!parts[index])
        {
            parts[index] = true;
            if (index == _parts.Length || _parts[index] is not (Many or ManyButSlash or Maybe))
                return;
            if (_parts[index] == Maybe)
                Enter(parts, index + 3);
            index++;
        }
    }

    private List<int> PartsOfPath(string pattern)
    {
        List<int> parts = [];
        for (var at = 0; at < pattern.Length;)
        {
            var rest = pattern.AsSpan(at);
            if (rest.StartsWith("**/") && parts is [.., '/'])
            {
                parts.AddRange([Maybe, Many, '/']);
                at += 3;
            }
            else if (rest.StartsWith("**"))
            {
                parts.Add(Many);
                at += 2;
            }
            else
            {
                parts.Add(Next(pattern, ref at) switch
                {
                    '*' => ManyButSlash,
                    '?' => AnyButSlash,
                    var character => character,
                });
            }
        }

        return parts;
    }

    private List<int> PartsOfName(string pattern)
    {
        List<int> parts = [];
        for (var at = 0; at < pattern.Length;)
        {
            parts.Add(Next(pattern, ref at) switch
            {
                '*' => Many,
                '?' => Any,
                var character => character,
            });
        }

        return parts;
    }

    /// <summary>The next character, of one UTF-16 unit or two; a unit that is half of none is one too.</summary>
    private int Next(string text, ref int at)
    {
        int character = text[at++];
        if (char.IsHighSurrogate((char)character) && at < text.Length && char.IsLowSurrogate(text[at]))
            character = char.ConvertToUtf32((char)character, text[at++]);
        return _ignoresCase ? Fold(character) : character;
    }

    /// <summary>By way of the capital: some letters share one, as k and the sign of kelvins. The runtime leaves the long s as it is.</summary>
    private static int Fold(int character) => character < 0x80 ? char.ToLowerInvariant((char)character)
        : character == '\u017F' ? 's'
        : Rune.TryCreate(character, out var rune) ? Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune)).Value
        : character;
}
