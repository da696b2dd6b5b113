using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Transport.Protocol;

namespace Qga.Transport.Framing;

/// <summary>Values of string tokens: what stands between the quotes, with its escapes resolved.</summary>
internal static class JsonString
{
    private const int EscapedUnitLength = 6;

    private static readonly SearchValues<byte> Plain =
        SearchValues.Create([.. Enumerable.Range(0, 0x80).Where(value => value != '\\').Select(value => (byte)value)]);

    /// <summary>A string, or a <see cref="LongString"/> if it is longer than <see cref="JsonMessageReader.LongStringThreshold"/>.</summary>
    public static bool TryDecode(
        in JsonToken token, [NotNullWhen(true)] out JValue? value, [NotNullWhen(false)] out string? error)
    {
        var utf8 = Resolve(token, out var resolved, out error);
        value = error is not null ? null :
            utf8.Length > JsonMessageReader.LongStringThreshold ? new LongString(Keep(token, utf8, resolved)) :
            new JValue(Encoding.UTF8.GetString(utf8));
        return value is not null;
    }

    public static bool TryDecodeKey(
        in JsonToken token, [NotNullWhen(true)] out string? key, [NotNullWhen(false)] out string? error)
    {
        var utf8 = Resolve(token, out _, out error);
        key = error is null ? Encoding.UTF8.GetString(utf8) : null;
        return key is not null;
    }

    /// <summary>Makes the string outlive its token, without a copy where it stands for itself.</summary>
    private static TransferBuffer Keep(in JsonToken token, ReadOnlySpan<byte> utf8, byte[]? resolved) =>
        resolved is not null ? TransferBuffer.Around(resolved, utf8.Length) :
        token.Buffer?.TakeAway() is { } taken ? taken.Narrow(1, utf8.Length) :
        TransferBuffer.Of(utf8);

    /// <param name="whole">The string.</param>
    /// <param name="resolved">What the result lies in from its start; null if that is the token itself.</param>
    /// <param name="error">What is wrong with it.</param>
    private static ReadOnlySpan<byte> Resolve(in JsonToken whole, out byte[]? resolved, out string? error)
    {
        error = null;
        resolved = null;
        var token = whole.Text;
        if (whole.IsPlain)
            return token[1..^1];

        resolved = GC.AllocateUninitializedArray<byte>(token.Length);
        var length = 0;
        var rest = token[1..];      // with the closing quote, which an error may quote
        while (true)
        {
            var run = rest.IndexOfAnyExcept(Plain);
            if (run < 0)
            {
                rest[..^1].CopyTo(resolved.AsSpan(length));
                return resolved.AsSpan(0, length + rest.Length - 1);
            }

            rest[..run].CopyTo(resolved.AsSpan(length));
            length += run;
            rest = rest[run..];

            int value;
            int taken;
            if (rest[0] != '\\')
            {
                value = ModifiedUtf8.Decode(rest, out taken);
                if (value < 0)
                    error = "invalid UTF-8 sequence in string";
            }
            else if (rest[1] == 'u')
            {
                value = DecodeUnicodeEscape(rest, out taken);
                if (value < 0)
                    error = JsonErrorText.ToText(rest[..Math.Min(taken, rest.Length)]) + " is not a valid Unicode character";
            }
            else
            {
                taken = 2;
                value = DecodeEscape(rest[1]);
                if (value < 0)
                    error = "invalid escape sequence in string";
            }

            if (error is not null)
                return default;
            length += new Rune(value).EncodeToUtf8(resolved.AsSpan(length));
            rest = rest[taken..];
        }
    }

    private static int DecodeEscape(byte value) => value switch
    {
        (byte)'"' or (byte)'\'' or (byte)'\\' or (byte)'/' => value,
        (byte)'b' => '\b',
        (byte)'f' => '\f',
        (byte)'n' => '\n',
        (byte)'r' => '\r',
        (byte)'t' => '\t',
        _ => -1,
    };

    /// <summary>The code point of an escaped unit, or of two that are a surrogate pair; -1 when it is none.</summary>
    private static int DecodeUnicodeEscape(ReadOnlySpan<byte> text, out int length)
    {
        length = EscapedUnitLength;
        if (!TryDecodeUnit(text, out var value))
            return -1;
        if (char.IsHighSurrogate((char)value) && TryDecodeUnit(text[length..], out var low) && char.IsLowSurrogate((char)low))
        {
            length += EscapedUnitLength;
            value = char.ConvertToUtf32((char)value, (char)low);
        }

        return ModifiedUtf8.IsCharacter(value) ? value : -1;
    }

    private static bool TryDecodeUnit(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        return text.Length >= EscapedUnitLength && text.StartsWith("\\u"u8) &&
            int.TryParse(text[2..EscapedUnitLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
