using System.Globalization;
using Qga.Actors.Commands;
using Qga.Platform.Network;
using Qga.Transport.Protocol;

namespace Qga.Actors.Network;

/// <summary><c>guest-network-get-route</c>: the routing tables.</summary>
public sealed record GuestNetworkGetRoute : ICommand<INetworkInventory>
{
    public static GuestNetworkGetRoute Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(INetworkInventory network) => QmpValue.ListOf(network.Routes(), WriteRoute);

    private static void WriteRoute(QmpWriter json, Route route)
    {
        json.WriteMember("iface", route.Interface);
        json.WriteMember("destination", route.Destination);
        json.WriteMember("metric", route.Metric);
        json.WriteMember("version", route is IPv4Route ? 4 : 6);
        switch (route)
        {
            case IPv4Route ipv4:
                json.WriteMember("gateway", ipv4.Gateway);
                json.WriteMember("mask", ipv4.Mask);
                WriteCounts(json, route);
                json.WriteMember("mtu", ipv4.Mtu);
                json.WriteMember("window", ipv4.Window);
                json.WriteMember("irtt", ipv4.InitialRoundTrip);
                break;
            case IPv6Route ipv6:
                json.WriteMember("source", ipv6.Source);
                json.WriteMember("nexthop", ipv6.NextHop);
                json.WriteMember("desprefixlen", ipv6.DestinationPrefix.ToString(CultureInfo.InvariantCulture));
                json.WriteMember("srcprefixlen", ipv6.SourcePrefix.ToString(CultureInfo.InvariantCulture));
                WriteCounts(json, route);
                break;
        }
    }

    private static void WriteCounts(QmpWriter json, Route route)
    {
        json.WriteMember("flags", route.Flags);
        json.WriteMember("refcnt", route.References);
        json.WriteMember("use", route.Uses);
    }
}
