using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Qga.Platform.Native;

/// <summary>Questions about the network to the kernel: netlink(7), rtnetlink(7), and the text of IP addresses, inet_ntop(3).</summary>
internal static partial class LibC
{
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int AF_NETLINK = 16;
    internal const int NETLINK_ROUTE = 0;

    internal const ushort NLM_F_REQUEST = 0x1;
    internal const ushort NLM_F_DUMP_INTR = 0x10;
    internal const ushort NLM_F_DUMP = 0x300;

    internal const ushort NLMSG_ERROR = 2;
    internal const ushort NLMSG_DONE = 3;
    internal const ushort RTM_NEWLINK = 16;
    internal const ushort RTM_GETLINK = 18;
    internal const ushort RTM_NEWADDR = 20;
    internal const ushort RTM_GETADDR = 22;

    internal const ushort IFLA_ADDRESS = 1;
    internal const ushort IFLA_IFNAME = 3;
    internal const ushort IFLA_STATS64 = 23;
    internal const ushort IFA_ADDRESS = 1;
    internal const ushort IFA_LOCAL = 2;
    internal const ushort IFA_LABEL = 3;

    internal const int MSG_TRUNC = 0x20;
    internal const int INET6_ADDRSTRLEN = 46;

    private const int SOCK_RAW = 3;

    /// <summary><c>struct nlmsghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct NetlinkHeader
    {
        internal uint Length;
        internal ushort Type;
        internal ushort Flags;
        internal uint Sequence;
        internal uint Port;
    }

    /// <summary><c>struct rtattr</c>, and behind it the value.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RouteAttribute
    {
        internal ushort Length;
        internal ushort Type;
    }

    /// <summary><c>struct ifinfomsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LinkMessage
    {
        internal byte Family;
        internal byte Padding;
        internal ushort HardwareType;
        internal int Index;
        internal uint Flags;
        internal uint Change;
    }

    /// <summary><c>struct ifaddrmsg</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct AddressMessage
    {
        internal byte Family;
        internal byte PrefixLength;
        internal byte Flags;
        internal byte Scope;
        internal uint Index;
    }

    /// <summary>What we use of <c>struct rtnl_link_stats64</c>, which grows with the kernel.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct LinkStatistics
    {
        internal ulong ReceivedPackets;
        internal ulong SentPackets;
        internal ulong ReceivedBytes;
        internal ulong SentBytes;
        internal ulong ReceivedErrors;
        internal ulong SentErrors;
        internal ulong ReceivedDropped;
        internal ulong SentDropped;
        private fixed ulong _unused[7];
        internal ulong ReceivedMissed;
    }

    /// <summary>A socket to the kernel's routing part, whose reads wait.</summary>
    internal static Errno OpenRouteNetlink(out SafeFileHandle netlink)
    {
        var descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        netlink = new SafeFileHandle(descriptor, ownsHandle: true);
        return descriptor < 0 ? LastError : Errno.Success;
    }

    /// <summary>Receives one datagram. <paramref name="size"/> is its own, and greater than the buffer if that was too small.</summary>
    internal static Errno Receive(SafeFileHandle socketHandle, Span<byte> buffer, out int size)
    {
        do
            size = (int)recv(socketHandle, buffer, (nuint)buffer.Length, MSG_TRUNC);
        while (size < 0 && LastError == Errno.EINTR);
        return size < 0 ? LastError : Errno.Success;
    }

    /// <summary>An address of the family, 4 or 16 bytes, as text.</summary>
    internal static unsafe string AddressText(int family, ReadOnlySpan<byte> address)
    {
        var text = stackalloc byte[INET6_ADDRSTRLEN];
        inet_ntop(family, address, text, INET6_ADDRSTRLEN);
        return Marshal.PtrToStringUTF8((nint)text)!;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(SafeFileHandle fd, Span<byte> buffer, nuint size, int flags);

    // It can't fail: the family is known and the room is enough for each.
    [LibraryImport("libc")]
    private static unsafe partial nint inet_ntop(int family, ReadOnlySpan<byte> address, byte* text, uint size);
}
