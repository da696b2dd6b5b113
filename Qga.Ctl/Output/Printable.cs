using System.Buffers;
using System.Globalization;
using System.Text;

namespace Qga.Ctl.Output;

/// <summary>
/// Text for a terminal, which would obey what a guest has put into its names: what moves the cursor, turns the text around, or does not
/// show becomes an escape as in JSON.
/// </summary>
internal static class Printable
{
    /// <summary>The text on one line.</summary>
    internal static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var line = new StringBuilder();
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var isRune = Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done;
            if (isRune && IsVisible(rune))
                line.Append(rest[..length]);
            else
                Escape(line, rest[..length]);
            rest = rest[length..];
        }

        return line.ToString();
    }

    /// <summary>Writes characters as <c>\uXXXX</c>.</summary>
    internal static void Escape(StringBuilder to, ReadOnlySpan<char> characters)
    {
        foreach (var character in characters)
            to.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
    }

    internal static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);
}
