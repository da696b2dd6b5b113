namespace Qga.Transport.Framing;

/// <summary>UTF-8 with C0 80 for U+0000, without noncharacters: what strings may hold.</summary>
internal static class ModifiedUtf8
{
    /// <summary>The code point at the beginning of the text, -1 when it is no valid one; and how many bytes it takes.</summary>
    public static int Decode(ReadOnlySpan<byte> text, out int length)
    {
        var lead = text[0];
        length = 1;
        if (lead < 0x80)
            return lead;

        // The lead byte says how many bytes belong together, even for the long forms that no code point needs.
        var (count, value) = lead switch
        {
            >= 0xC0 and < 0xE0 => (2, lead & 0x1F),
            >= 0xE0 and < 0xF0 => (3, lead & 0x0F),
            >= 0xF0 and < 0xF8 => (4, lead & 0x07),
            >= 0xF8 and < 0xFC => (5, lead & 0x03),
            >= 0xFC and < 0xFE => (6, lead & 0x01),
            _ => (1, 0),
        };
        while (length < count && length < text.Length && (text[length] & 0xC0) == 0x80)
            value = (value << 6) | (text[length++] & 0x3F);

        var isShortest = count switch
        {
            2 => value >= 0x80 || (value == 0 && length == 2),
            3 => value >= 0x800,
            4 => value >= 0x10000,
            _ => false,
        };
        return length == count && isShortest && IsCharacter(value) ? value : -1;
    }

    /// <summary>Whether a code point is one of Unicode, no surrogate and no noncharacter.</summary>
    public static bool IsCharacter(int value) =>
        value is >= 0 and < 0xD800 or (> 0xDFFF and < 0xFDD0) or (> 0xFDEF and <= 0x10FFFF) && (value & 0xFFFE) != 0xFFFE;
}
