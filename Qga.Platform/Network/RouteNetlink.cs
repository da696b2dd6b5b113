using System.Runtime.InteropServices;
using Qga.Platform.Native;

namespace Qga.Platform.Network;

/// <summary>Reads the body of one message: its fixed part, then attributes.</summary>
internal delegate void NetlinkBodyReader(ReadOnlySpan<byte> body);

/// <summary>Asks the kernel for all objects of a kind: the dumps of rtnetlink(7).</summary>
internal static class RouteNetlink
{
    /// <summary>More often than that the kernel's tables hardly change under us; if they do, the last answer is taken as it came.</summary>
    private const int Tries = 5;

    /// <summary>The kernel never makes a datagram larger than this, unless it has a message that is.</summary>
    private const int UsualSize = 32 * 1024;

    /// <summary>Reads a dump, and again from its start when the kernel's table changed meanwhile.</summary>
    /// <param name="request">The type of the request.</param>
    /// <param name="answer">The type of the messages that answer it.</param>
    /// <param name="clear">Forgets what was read, before each try.</param>
    /// <param name="read">Reads each of the objects.</param>
    internal static Errno Dump(ushort request, ushort answer, Action clear, NetlinkBodyReader read)
    {
        var buffer = new byte[UsualSize];
        for (var attempt = 1; ; attempt++)
        {
            clear();
            var errno = Ask(request, new NetlinkDump(answer, read), buffer, out var wasInterrupted, out var largest);
            if (errno != Errno.Success || attempt == Tries)
                return errno;
            if (largest > buffer.Length)
                buffer = new byte[largest];
            else if (!wasInterrupted)
                return Errno.Success;
        }
    }

    /// <summary>Reads a dump once; what is in a datagram larger than the buffer is left out.</summary>
    private static Errno Ask(ushort request, NetlinkDump dump, byte[] buffer, out bool wasInterrupted, out int largest)
    {
        largest = 0;
        wasInterrupted = false;
        var errno = LibC.OpenRouteNetlink(out var netlink);
        using (netlink)
        {
            if (errno == Errno.Success)
                errno = LibC.WriteAll(netlink, Request(request));

            while (errno == Errno.Success && !dump.IsDone)
            {
                errno = LibC.Receive(netlink, buffer, out var size);
                if (errno == Errno.Success)
                    errno = dump.Read(buffer.AsSpan(0, Math.Min(size, buffer.Length)));
                largest = Math.Max(largest, size);
            }
        }

        wasInterrupted = dump.WasInterrupted;
        return errno;
    }

    private static unsafe byte[] Request(ushort type)
    {
        var request = new byte[sizeof(LibC.NetlinkHeader) + sizeof(LibC.LinkMessage)];   // of all families and interfaces
        var header = new LibC.NetlinkHeader
        {
            Length = (uint)request.Length,
            Type = type,
            Flags = LibC.NLM_F_REQUEST | LibC.NLM_F_DUMP,
        };
        MemoryMarshal.Write(request, header);
        return request;
    }
}
