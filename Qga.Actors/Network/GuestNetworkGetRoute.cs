using System.Globalization;
using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Network;
using Qga.Transport.Protocol;

namespace Qga.Actors.Network;

/// <summary><c>guest-network-get-route</c>: the routing tables.</summary>
public sealed record GuestNetworkGetRoute : ICommand<INetworkInventory>
{
    public static GuestNetworkGetRoute Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells the routes of IPv4 and IPv6.")
    {
        Since = "9.1",
        Result = SchemaType.ListOf(SchemaType.StructureOf(
            "GuestNetworkRoute",
            "A route.",
            new("iface", SchemaType.Text, "the interface that it leads through"),
            new("destination", SchemaType.Text, "the network that it leads to"),
            new("metric", SchemaType.Integer, "its cost"),
            new("version", SchemaType.Integer, "4 or 6") { Minimum = 4, Maximum = 6 },
            new("gateway", SchemaType.Text, "IPv4: the next router") { IsOptional = true },
            new("mask", SchemaType.Text, "IPv4: of the destination") { IsOptional = true },
            new("source", SchemaType.Text, "IPv6: the network that it is for") { IsOptional = true },
            new("nexthop", SchemaType.Text, "IPv6: the next router") { IsOptional = true },
            new("desprefixlen", SchemaType.Text, "IPv6: how long the prefix of the destination is, in decimal") { IsOptional = true, Unit = "bits" },
            new("srcprefixlen", SchemaType.Text, "IPv6: how long the prefix of the source is, in decimal") { IsOptional = true, Unit = "bits" },
            new("flags", SchemaType.UnsignedInteger, "the kernel's RTF_ flags") { IsOptional = true },
            new("refcnt", SchemaType.Integer, "how often it is referred to") { IsOptional = true },
            new("use", SchemaType.Integer, "how often it was looked up") { IsOptional = true },
            new("mtu", SchemaType.Integer, "IPv4: the largest packet") { IsOptional = true, Unit = "bytes" },
            new("window", SchemaType.Integer, "IPv4: the window of TCP") { IsOptional = true, Unit = "bytes" },
            new("irtt", SchemaType.Integer, "IPv4: the first guess at the round trip") { IsOptional = true, Unit = "milliseconds" })),
        Notes =
        [
            "Metric, flags and counts are the kernel's numbers without a sign; qemu-ga gives some of them one. "
                + "Without IPv6 the routes of IPv4 are told alone.",
        ],
    };

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
