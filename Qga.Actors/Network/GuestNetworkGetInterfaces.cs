using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Network;
using Qga.Transport.Protocol;

namespace Qga.Actors.Network;

/// <summary><c>guest-network-get-interfaces</c>: the interfaces, their addresses and what they have carried.</summary>
public sealed record GuestNetworkGetInterfaces : ICommand<INetworkInventory>
{
    public static GuestNetworkGetInterfaces Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells the network interfaces, their addresses and what they have carried.")
    {
        Since = "1.1",
        Result = SchemaType.ListOf(SchemaType.StructureOf(
            "GuestNetworkInterface",
            "A network interface.",
            new("name", SchemaType.Text, "its name"),
            new("hardware-address", SchemaType.Text, "six bytes in hexadecimal, separated by colons") { IsOptional = true },
            new("ip-addresses", SchemaType.ListOf(AddressType), "its addresses; left out if it has none") { IsOptional = true },
            new("statistics", StatisticsType, "what it has carried; left out if it has no address") { IsOptional = true })),
    };

    private static SchemaType AddressType => SchemaType.StructureOf(
        "GuestIpAddress",
        "An address of an interface.",
        new("ip-address", SchemaType.Text, "the address, without a zone"),
        new("ip-address-type", SchemaType.OneOf("GuestIpAddressType", "ipv4", "ipv6"), "its kind"),
        new("prefix", SchemaType.Integer, "the length of its network's prefix") { Unit = "bits", Minimum = 0, Maximum = 128 });

    private static SchemaType StatisticsType => SchemaType.StructureOf(
        "GuestNetworkInterfaceStat",
        "What an interface has carried since it is there.",
        new("rx-bytes", SchemaType.UnsignedInteger, "received") { Unit = "bytes" },
        new("rx-packets", SchemaType.UnsignedInteger, "received") { Unit = "packets" },
        new("rx-errs", SchemaType.UnsignedInteger, "received with an error") { Unit = "packets" },
        new("rx-dropped", SchemaType.UnsignedInteger, "received and dropped") { Unit = "packets" },
        new("tx-bytes", SchemaType.UnsignedInteger, "sent") { Unit = "bytes" },
        new("tx-packets", SchemaType.UnsignedInteger, "sent") { Unit = "packets" },
        new("tx-errs", SchemaType.UnsignedInteger, "that could not be sent for an error") { Unit = "packets" },
        new("tx-dropped", SchemaType.UnsignedInteger, "dropped before they were sent") { Unit = "packets" });

    public IQmpValue Execute(INetworkInventory network) => QmpValue.ListOf(network.Interfaces(), WriteInterface);

    private static void WriteInterface(QmpWriter json, NetworkInterface entry)
    {
        json.WriteMember("name", entry.Name);
        json.WriteMember("hardware-address", entry.HardwareAddress);
        if (entry.Addresses.Count > 0)
            json.WriteListMember("ip-addresses", entry.Addresses, WriteAddress);
        if (entry.Statistics is { } statistics)
            json.WriteObjectMember("statistics", statistics, WriteStatistics);
    }

    private static void WriteAddress(QmpWriter json, InterfaceAddress address)
    {
        json.WriteMember("ip-address", address.Address);
        json.WriteMember("ip-address-type", address.IsIPv6 ? "ipv6" : "ipv4");
        json.WriteMember("prefix", address.PrefixLength);
    }

    private static void WriteStatistics(QmpWriter json, InterfaceStatistics statistics)
    {
        json.WriteMember("rx-bytes", statistics.Received.Bytes);
        json.WriteMember("rx-packets", statistics.Received.Packets);
        json.WriteMember("rx-errs", statistics.Received.Errors);
        json.WriteMember("rx-dropped", statistics.Received.Dropped);
        json.WriteMember("tx-bytes", statistics.Sent.Bytes);
        json.WriteMember("tx-packets", statistics.Sent.Packets);
        json.WriteMember("tx-errs", statistics.Sent.Errors);
        json.WriteMember("tx-dropped", statistics.Sent.Dropped);
    }
}
