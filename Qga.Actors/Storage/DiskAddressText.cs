using Qga.Actors.Schema;
using Qga.Platform.Storage;
using Qga.Transport.Protocol;

namespace Qga.Actors.Storage;

/// <summary>Writes the members of a <c>GuestDiskAddress</c>.</summary>
internal static class DiskAddressText
{
    internal static SchemaType Schema => SchemaType.StructureOf(
        "GuestDiskAddress",
        "Where a disk is attached.",
        new("pci-controller", ControllerType, "the PCI device that it hangs on"),
        new("bus-type", SchemaType.OneOf("GuestDiskBusType", [.. Enum.GetNames<DiskBus>().Select(Word)]), "how it is attached"),
        new("bus", SchemaType.Integer, "the number of its bus, 0 where there are none"),
        new("target", SchemaType.Integer, "its target on that bus"),
        new("unit", SchemaType.Integer, "its unit on that target"),
        new("serial", SchemaType.Text, "its serial number, as udev knows it") { IsOptional = true },
        new("dev", SchemaType.Text, "its device node") { IsOptional = true },
        new("ccw-address", CcwType, "its channel address, on s390x") { IsOptional = true });

    private static SchemaType ControllerType => SchemaType.StructureOf(
        "GuestPCIAddress",
        "A PCI address; all -1 where it is not known.",
        new("domain", SchemaType.Integer, "the domain"),
        new("bus", SchemaType.Integer, "the bus"),
        new("slot", SchemaType.Integer, "the slot"),
        new("function", SchemaType.Integer, "the function"));

    private static SchemaType CcwType => SchemaType.StructureOf(
        "GuestCCWAddress",
        "An address of the channel subsystem.",
        new("cssid", SchemaType.Integer, "the channel subsystem"),
        new("ssid", SchemaType.Integer, "the subchannel set"),
        new("subchno", SchemaType.Integer, "the subchannel"),
        new("devno", SchemaType.Integer, "the device"));

    internal static void Write(QmpWriter json, DiskAddress address)
    {
        json.WriteObjectMember("pci-controller", address.Controller, static (json, controller) =>
        {
            json.WriteMember("domain", controller.Domain);
            json.WriteMember("bus", controller.Bus);
            json.WriteMember("slot", controller.Slot);
            json.WriteMember("function", controller.Function);
        });
        json.WriteMember("bus-type", Word(address.Bus.ToString()));
        json.WriteMember("bus", address.BusNumber);
        json.WriteMember("target", address.Target);
        json.WriteMember("unit", address.Unit);
        json.WriteOptionalMember("serial", address.Serial);
        json.WriteOptionalMember("dev", address.Node);
        if (address.Ccw is { } ccw)
        {
            json.WriteObjectMember("ccw-address", ccw, static (json, ccw) =>
            {
                json.WriteMember("cssid", (long)ccw.ChannelSubsystem);
                json.WriteMember("ssid", (long)ccw.SubchannelSet);
                json.WriteMember("subchno", (long)ccw.Subchannel);
                json.WriteMember("devno", (long)ccw.Device);
            });
        }
    }

    private static string Word(string bus) => bus.ToLowerInvariant();
}
