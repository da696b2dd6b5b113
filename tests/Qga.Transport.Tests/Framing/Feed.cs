using System.Text;
using Qga.Transport.Framing;

namespace Qga.Transport.Tests.Framing;

/// <summary>Ways to bring bytes to a reader; in a text each character is one byte.</summary>
internal static class Feed
{
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>The messages that the bytes complete when they come in pieces of one size.</summary>
    public static List<JsonMessage> ReadAll(
        this JsonMessageReader reader, ReadOnlySpan<byte> bytes, int pieceLength = int.MaxValue)
    {
        var messages = new List<JsonMessage>();
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, pieceLength)];
            bytes = bytes[piece.Length..];
            while (reader.TryRead(ref piece, out var message))
                messages.Add(message);
        }

        return messages;
    }

    public static List<JsonMessage> ReadAll(this JsonMessageReader reader, string text) => reader.ReadAll(Bytes(text));
}
