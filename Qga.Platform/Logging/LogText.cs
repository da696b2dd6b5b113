using System.Buffers;
using System.Globalization;
using System.Text;

namespace Qga.Platform.Logging;

/// <summary>
/// A text as it may stand in a log: on one line, all of it visible, and not too long. Much of it is the host's own words, or a user's.
/// </summary>
public static class LogText
{
    /// <summary>In bytes of UTF-8. Every syslog takes as much (RFC 5424, 6.1); a datagram that is much longer is lost without a word.</summary>
    internal const int MaximumSize = 2048;

    /// <summary>
    /// What would end the line, move the cursor or turn the text around becomes an escape as in JSON; ordinary text, backslashes
    /// too, stays as it is. What is cut off is told by the size of the whole.
    /// </summary>
    public static string Of(string text)
    {
        if (text.Length <= MaximumSize && !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;

        var line = new StringBuilder();
        var size = 0;
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var isRune = Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done;
            var piece = isRune && IsVisible(rune) ? rest[..length] : Escaped(rest[..length]);
            size += Encoding.UTF8.GetByteCount(piece);
            if (size > MaximumSize)
                return line.Append(CultureInfo.InvariantCulture, $"... (cut: {Encoding.UTF8.GetByteCount(text)} bytes in all)").ToString();
            line.Append(piece);
            rest = rest[length..];
        }

        return line.ToString();
    }

    /// <summary>Whether a character shows, and neither ends a line nor changes how others show.</summary>
    public static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static string Escaped(ReadOnlySpan<char> characters)
    {
        // A byte that is not UTF-8, see KernelPath.
        if (characters is [>= '\uDC80' and <= '\uDCFF'])
            return string.Create(CultureInfo.InvariantCulture, $"\\x{(byte)characters[0]:x2}");

        var escaped = "";
        foreach (var character in characters)
        {
            escaped += character switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
            };
        }

        return escaped;
    }
}
