using Qga.Actors.Commands;
using Qga.Platform.Network;
using Qga.Transport.Protocol;

namespace Qga.Actors.Network;

/// <summary><c>guest-network-get-interfaces</c>: the interfaces, their addresses and what they have carried.</summary>
public sealed record GuestNetworkGetInterfaces : ICommand<INetworkInventory>
{
    public static GuestNetworkGetInterfaces Parse(QmpArguments arguments) => new();

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
