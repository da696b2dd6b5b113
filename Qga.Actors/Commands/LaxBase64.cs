using System.Buffers;
using System.Buffers.Text;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>
/// Base64 as qemu-ga takes it: the standard alphabet and line feeds, nothing else; beyond that it is lax, as the decoder of
/// GLib is: an incomplete last quantum is dropped, and <c>=</c> may stand anywhere.
/// </summary>
public static class LaxBase64
{
    private const int BlockLength = 16 * 1024;

    /// <summary>The characters of a quantum that may stand for nothing.</summary>
    private const int MostPadding = 2;

    private static readonly SearchValues<byte> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n"u8);

    /// <summary>Decodes into the start of <paramref name="text"/>.</summary>
    /// <returns>The number of bytes.</returns>
    /// <exception cref="CommandException">A character that is not allowed.</exception>
    public static int DecodeInPlace(Span<byte> text)
    {
        // The strict decoder is many times faster, and all that real clients need; it stops where it meets anything unusual.
        Span<byte> block = stackalloc byte[BlockLength / 4 * 3];
        var written = 0;
        var rest = text;
        while (rest.Length >= 4)
        {
            var quanta = rest[..Math.Min(rest.Length & ~3, BlockLength)];
            _ = Base64.DecodeFromUtf8(quanta, block, out var taken, out var count, isFinalBlock: false);
            if (count / 3 * 4 != quanta.Length || taken != quanta.Length)
                break;
            block[..count].CopyTo(text[written..]);
            written += count;
            rest = rest[taken..];
        }

        if (rest.ContainsAnyExcept(Allowed))
            throw new CommandException("Base64 data contains invalid characters");
        return written + DecodeLaxly(rest, text[written..]);
    }

    /// <summary>How many bytes a text stands for, at most: a <c>=</c> before its last two characters makes it less.</summary>
    public static int DecodedLength(ReadOnlySpan<byte> text)
    {
        var characters = text.Length - text.Count((byte)'\n');
        var end = text.TrimEnd((byte)'\n');
        var padding = characters % 4 > 0 ? 0 : Math.Min(MostPadding, end.Length - end.TrimEnd((byte)'=').Length);
        return (characters / 4 * 3) - padding;
    }

    /// <summary>Decodes quantum by quantum: the third and fourth character of one, if <c>=</c>, each cost it one byte.</summary>
    private static int DecodeLaxly(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        var written = 0;
        var quantum = 0;
        var characters = 0;
        byte previous = 0;
        foreach (var character in text)
        {
            if (character == '\n')
                continue;

            quantum = quantum << 6 | ValueOf(character);
            if (++characters == 4)
            {
                bytes[written++] = (byte)(quantum >> 16);
                if (previous != '=')
                    bytes[written++] = (byte)(quantum >> 8);
                if (character != '=')
                    bytes[written++] = (byte)quantum;
                characters = 0;
            }

            previous = character;
        }

        return written;
    }

    private static int ValueOf(byte character) => character switch
    {
        >= (byte)'A' and <= (byte)'Z' => character - 'A',
        >= (byte)'a' and <= (byte)'z' => character - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => character - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => 0,
    };
}
