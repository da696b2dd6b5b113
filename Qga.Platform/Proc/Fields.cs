using System.Buffers.Text;
using System.Globalization;

namespace Qga.Platform.Proc;

/// <summary>Walks through the lines of a table in /proc, and through the fields of a line, which blanks and tabs keep apart.</summary>
internal static class Fields
{
    /// <summary>Takes the first line off a text, without its line feed.</summary>
    internal static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'\n');
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 1)..];
        return line;
    }

    /// <summary>Takes the first field off a line; empty when there is none left.</summary>
    internal static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart(" \t"u8);
        var end = line.IndexOfAny((byte)' ', (byte)'\t');
        var field = end < 0 ? line : line[..end];
        line = line[field.Length..];
        return field;
    }

    /// <summary>Takes a decimal number off a line, which may have a sign.</summary>
    internal static bool TryNext(ref ReadOnlySpan<byte> line, out long number)
    {
        var field = Next(ref line);
        return Utf8Parser.TryParse(field, out number, out var length) && length == field.Length;
    }

    /// <summary>Takes a decimal number without a sign off a line.</summary>
    internal static bool TryNext(ref ReadOnlySpan<byte> line, out ulong number)
    {
        var field = Next(ref line);
        return Utf8Parser.TryParse(field, out number, out var length) && length == field.Length;
    }

    /// <summary>Whether a name is a word and, right behind it, a number without a sign.</summary>
    internal static bool TryNumbered(ReadOnlySpan<byte> word, ReadOnlySpan<byte> name, out ulong number)
    {
        number = 0;
        if (!name.StartsWith(word))
            return false;
        var digits = name[word.Length..];
        return Utf8Parser.TryParse(digits, out number, out var length) && length == digits.Length;
    }

    /// <inheritdoc cref="TryNumbered(ReadOnlySpan{byte}, ReadOnlySpan{byte}, out ulong)"/>
    internal static bool TryNumbered(string word, string name, out ulong number)
    {
        number = 0;
        return name.StartsWith(word, StringComparison.Ordinal)
            && ulong.TryParse(name.AsSpan(word.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Takes a hexadecimal number of at most 32 bits off a line.</summary>
    internal static bool TryNextHex(ref ReadOnlySpan<byte> line, out uint number)
    {
        var field = Next(ref line);
        return Utf8Parser.TryParse(field, out number, out var length, 'x') && length == field.Length;
    }
}
