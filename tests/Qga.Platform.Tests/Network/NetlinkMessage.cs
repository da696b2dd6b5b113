using System.Buffers.Binary;
using Qga.Platform.Native;

namespace Qga.Platform.Tests.Network;

/// <summary>Messages of the kernel about links and addresses, as a test wants them.</summary>
internal static class NetlinkMessage
{
    internal static byte[] Of(ushort type, byte[] body, ushort flags = 0)
    {
        var message = new byte[16 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), flags);
        body.CopyTo(message, 16);
        return Padded(message);
    }

    /// <summary>What ends a dump: DONE, or ERROR, with a negative errno.</summary>
    internal static byte[] End(ushort type, Errno errno = Errno.Success)
    {
        var body = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(body, -(int)errno);
        return Of(type, body);
    }

    internal static byte[] Link(int index, params byte[][] attributes)
    {
        var body = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), index);
        return [.. body, .. attributes.SelectMany(attribute => attribute)];
    }

    internal static byte[] Address(int index, byte family, byte prefixLength, params byte[][] attributes)
    {
        byte[] body = [family, prefixLength, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), index);
        return [.. body, .. attributes.SelectMany(attribute => attribute)];
    }

    internal static byte[] Attribute(ushort type, params ReadOnlySpan<byte> value)
    {
        var attribute = new byte[4 + value.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)attribute.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(2), type);
        value.CopyTo(attribute.AsSpan(4));
        return Padded(attribute);
    }

    /// <summary>A name with its NUL.</summary>
    internal static byte[] Name(ushort type, ReadOnlySpan<byte> name) => Attribute(type, [.. name, 0]);

    private static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[(4 - (bytes.Length % 4)) % 4]];
}
