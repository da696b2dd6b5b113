using System.Buffers;
using System.Globalization;
using System.Text;

namespace Qga.Transport.Protocol;

/// <summary>Text between the quotes of a JSON string as qemu-ga writes it: ASCII, all else escaped.</summary>
internal static class JsonEscape
{
    /// <summary>The most bytes that come of one UTF-16 unit, and of one byte of UTF-8.</summary>
    internal const int MostBytes = 6;

    private const string PlainText = " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";

    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create(PlainText);
    private static readonly SearchValues<byte> PlainBytes = SearchValues.Create(Encoding.ASCII.GetBytes(PlainText));

    /// <summary>How many units at the start of a text stand for themselves.</summary>
    internal static int PlainRun(ReadOnlySpan<char> text) => LengthOr(text.IndexOfAnyExcept(PlainCharacters), text.Length);

    /// <summary>Writes the first unit of a text. A surrogate that stands alone, as in a path that is not UTF-8, no host would read.</summary>
    /// <returns>The number of bytes.</returns>
    internal static int Write(ReadOnlySpan<char> text, bool isLowOfPair, Span<byte> target)
    {
        var unit = text[0];
        if (char.IsSurrogate(unit) && !isLowOfPair && !(text.Length > 1 && char.IsSurrogatePair(unit, text[1])))
            unit = '\uFFFD';
        return Write(unit, target);
    }

    /// <summary>Writes as much of a text in UTF-8 as there is room for.</summary>
    /// <param name="text">Well-formed UTF-8.</param>
    /// <param name="target">Has room for one character at least: two units.</param>
    /// <param name="written">The number of bytes written.</param>
    /// <returns>The number of bytes taken.</returns>
    internal static int Write(ReadOnlySpan<byte> text, Span<byte> target, out int written)
    {
        var taken = 0;
        written = 0;
        Span<char> units = stackalloc char[2];
        while (taken < text.Length)
        {
            var rest = text[taken..];
            var run = Math.Min(LengthOr(rest.IndexOfAnyExcept(PlainBytes), rest.Length), target.Length - written);
            rest[..run].CopyTo(target[written..]);
            written += run;
            taken += run;
            rest = rest[run..];
            if (rest.IsEmpty || target.Length - written < 2 * MostBytes)
                break;

            _ = Rune.DecodeFromUtf8(rest, out var character, out var length);
            taken += length;
            foreach (var unit in units[..character.EncodeToUtf16(units)])
                written += Write(unit, target[written..]);
        }

        return taken;
    }

    private static int Write(char unit, Span<byte> target)
    {
        var letter = unit switch
        {
            '"' or '\\' => unit,
            '\b' => 'b',
            '\f' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            _ => '\0',
        };
        target[0] = (byte)'\\';
        if (letter != '\0')
        {
            target[1] = (byte)letter;
            return 2;
        }

        target[1] = (byte)'u';
        ((int)unit).TryFormat(target[2..], out _, "X4", CultureInfo.InvariantCulture);
        return MostBytes;
    }

    private static int LengthOr(int index, int length) => index < 0 ? length : index;
}
