using System.Buffers;
using System.Runtime.InteropServices;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Network;

/// <summary>Reads /proc/net/route and /proc/net/ipv6_route, as route(8) explains their columns; a line that makes no sense is left out.</summary>
internal static class RouteTable
{
    private const int IPv6Size = 16;

    /// <summary>Behind a line of titles: interface, destination, gateway, flags, references, uses, metric, mask, MTU, window, round trip.</summary>
    internal static void AddIPv4(List<Route> routes, ReadOnlySpan<byte> text)
    {
        for (Fields.NextLine(ref text); !text.IsEmpty;)
        {
            if (IPv4(Fields.NextLine(ref text)) is { } route)
                routes.Add(route);
        }
    }

    /// <summary>
    /// Without titles, and all numbers in hexadecimal: destination and its length, source and its length, next hop, metric,
    /// references, uses, flags, interface.
    /// </summary>
    internal static void AddIPv6(List<Route> routes, ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (IPv6(Fields.NextLine(ref text)) is { } route)
                routes.Add(route);
        }
    }

    private static IPv4Route? IPv4(ReadOnlySpan<byte> line)
    {
        var name = Fields.Next(ref line);
        return Fields.TryNextHex(ref line, out var destination)
            && Fields.TryNextHex(ref line, out var gateway)
            && Fields.TryNextHex(ref line, out var flags)
            && Fields.TryNext(ref line, out long references)
            && Fields.TryNext(ref line, out long uses)
            && Fields.TryNext(ref line, out long metric)
            && Fields.TryNextHex(ref line, out var mask)
            && Fields.TryNext(ref line, out long mtu)
            && Fields.TryNext(ref line, out long window)
            && Fields.TryNext(ref line, out long roundTrip)
            ? new IPv4Route(
                KernelPath.Decode(name),
                Dotted(destination),
                metric,
                flags,
                references,
                uses,
                Dotted(gateway),
                Dotted(mask),
                mtu,
                window,
                roundTrip)
            : null;
    }

    private static IPv6Route? IPv6(ReadOnlySpan<byte> line) =>
        TryNextIPv6(ref line, out var destination)
        && Fields.TryNextHex(ref line, out var destinationPrefix)
        && TryNextIPv6(ref line, out var source)
        && Fields.TryNextHex(ref line, out var sourcePrefix)
        && TryNextIPv6(ref line, out var nextHop)
        && Fields.TryNextHex(ref line, out var metric)
        && Fields.TryNextHex(ref line, out var references)
        && Fields.TryNextHex(ref line, out var uses)
        && Fields.TryNextHex(ref line, out var flags)
        && Fields.Next(ref line) is { IsEmpty: false } name
            ? new IPv6Route(
                KernelPath.Decode(name), destination, metric, flags, references, uses, (int)destinationPrefix, source, (int)sourcePrefix, nextHop)
            : null;

    /// <summary>The kernel writes the four bytes of an address, as they are in memory, as one number of the machine.</summary>
    private static string Dotted(uint address) => LibC.AddressText(LibC.AF_INET, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in address)));

    private static bool TryNextIPv6(ref ReadOnlySpan<byte> line, out string address)
    {
        Span<byte> bytes = stackalloc byte[IPv6Size];
        var digits = Fields.Next(ref line);
        var isAddress = digits.Length == 2 * IPv6Size
            && Convert.FromHexString(digits, bytes, out _, out _) == OperationStatus.Done;
        address = isAddress ? LibC.AddressText(LibC.AF_INET6, bytes) : "";
        return isAddress;
    }
}
