using System.Runtime.InteropServices;
using Qga.Platform.Native;

namespace Qga.Platform.Network;

/// <summary>The answers to one dump, datagram by datagram: netlink(7).</summary>
/// <param name="type">Messages of any other type are passed over.</param>
/// <param name="read">Reads the others.</param>
internal sealed class NetlinkDump(ushort type, NetlinkBodyReader read)
{
    /// <summary>Whether nothing more will come.</summary>
    internal bool IsDone { get; private set; }

    /// <summary>Whether the kernel's table changed while it was read: something may be there twice, or not at all.</summary>
    internal bool WasInterrupted { get; private set; }

    /// <returns>The kernel's error, if it reports one instead of an object.</returns>
    internal unsafe Errno Read(ReadOnlySpan<byte> datagram)
    {
        while (datagram.Length >= sizeof(LibC.NetlinkHeader))
        {
            var header = MemoryMarshal.Read<LibC.NetlinkHeader>(datagram);
            if (header.Length < sizeof(LibC.NetlinkHeader) || header.Length > datagram.Length)
                break;

            var body = datagram[sizeof(LibC.NetlinkHeader)..(int)header.Length];
            WasInterrupted |= (header.Flags & LibC.NLM_F_DUMP_INTR) != 0;
            if (header.Type is LibC.NLMSG_DONE or LibC.NLMSG_ERROR)
            {
                // Either begins with a negative errno, or 0.
                IsDone = true;
                return body.Length < sizeof(int) ? Errno.Success : (Errno)(-MemoryMarshal.Read<int>(body));
            }

            if (header.Type == type)
                read(body);
            datagram = Behind((int)header.Length, datagram);
        }

        return Errno.Success;
    }

    /// <summary>Finds the attributes behind the fixed part of a message; what is cut off is left out.</summary>
    internal static unsafe bool NextAttribute(scoped ref ReadOnlySpan<byte> attributes, out ushort type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (attributes.Length < sizeof(LibC.RouteAttribute))
            return false;
        var header = MemoryMarshal.Read<LibC.RouteAttribute>(attributes);
        if (header.Length < sizeof(LibC.RouteAttribute) || header.Length > attributes.Length)
            return false;

        type = header.Type;
        value = attributes[sizeof(LibC.RouteAttribute)..header.Length];
        attributes = Behind(header.Length, attributes);
        return true;
    }

    /// <summary>Messages and attributes begin at multiples of four bytes (NLMSG_ALIGN, RTA_ALIGN).</summary>
    private static ReadOnlySpan<byte> Behind(int length, ReadOnlySpan<byte> bytes) => bytes[Math.Min((length + 3) & ~3, bytes.Length)..];
}
