using System.Text;

namespace Qga.Ctl.Running;

/// <summary>Bytes that come in pieces, as text wherever they are UTF-8. A character that is cut is kept for the next piece.</summary>
internal sealed class TextPieces
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[] _kept = [];

    /// <param name="Value">The text, or base64.</param>
    /// <param name="IsText">Which.</param>
    internal readonly record struct Piece(string Value, bool IsText);

    /// <returns>Null if it is all kept.</returns>
    internal Piece? Add(ReadOnlySpan<byte> bytes)
    {
        byte[] all = [.. _kept, .. bytes];
        var cut = CutAtEnd(all);
        _kept = all[^cut..];
        return Of(all.AsSpan(..^cut));
    }

    /// <summary>What is left at the end.</summary>
    internal Piece? End()
    {
        var piece = Of(_kept);
        _kept = [];
        return piece;
    }

    private static Piece? Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return null;
        try
        {
            return new Piece(Strict.GetString(bytes), IsText: true);
        }
        catch (DecoderFallbackException)
        {
            return new Piece(Convert.ToBase64String(bytes), IsText: false);
        }
    }

    /// <summary>How many bytes at the end are the start of a character; at most 3.</summary>
    private static int CutAtEnd(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var lead = bytes[^back];
            var length = lead switch { >= 0xF0 and < 0xF8 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
            if (lead is < 0x80 or >= 0xC0)
                return length > back && lead < 0xF8 ? back : 0;
        }

        return 0;
    }
}
