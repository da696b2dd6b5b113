using System.Text;

namespace Qga.Transport.Framing;

/// <summary>Error texts that quote the stream.</summary>
internal static class JsonErrorText
{
    /// <summary>Texts are cut here, as qemu-ga cuts them.</summary>
    private const int MaxBytes = 1023;

    public static string Quoting(string what, ReadOnlySpan<byte> token)
    {
        var text = token[..Math.Min(token.Length, MaxBytes)];
        var nul = text.IndexOf((byte)0);
        if (nul >= 0)
            text = text[..nul];

        byte[] bytes = [.. Encoding.ASCII.GetBytes(what), .. " '"u8, .. text, (byte)'\''];
        return ToText(bytes.AsSpan(0, Math.Min(bytes.Length, MaxBytes)));
    }

    /// <summary>The text that bytes stand for, with U+FFFD for each sequence that is none.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var value = ModifiedUtf8.Decode(bytes, out var length);
            text.Append(value < 0 ? Rune.ReplacementChar : new Rune(value));
            bytes = bytes[length..];
        }

        return text.ToString();
    }
}
