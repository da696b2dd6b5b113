using Qga.Transport.Protocol;

namespace Qga.Transport.Tests.Protocol;

internal static class OutgoingMessageReading
{
    /// <summary>All the bytes of a message, taken block by block as a channel does.</summary>
    public static byte[] ToArray(this OutgoingMessage message)
    {
        using var collected = new MemoryStream();
        var room = new byte[OutgoingMessage.BlockSize];
        for (var block = message.Next(room); !block.IsEmpty; block = message.Next(room))
            collected.Write(block.Span);
        return collected.ToArray();
    }
}
