using Qga.Platform.Storage;
using Qga.Transport.Protocol;

namespace Qga.Actors.Storage;

/// <summary>Writes the members of a <c>GuestDiskAddress</c>.</summary>
internal static class DiskAddressText
{
    internal static void Write(QmpWriter json, DiskAddress address)
    {
        json.WriteObjectMember("pci-controller", address.Controller, static (json, controller) =>
        {
            json.WriteMember("domain", controller.Domain);
            json.WriteMember("bus", controller.Bus);
            json.WriteMember("slot", controller.Slot);
            json.WriteMember("function", controller.Function);
        });
        json.WriteMember("bus-type", address.Bus.ToString().ToLowerInvariant());
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
}
