using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Identity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Identity;

/// <summary><c>guest-get-host-name</c>: the host name as it is now.</summary>
public sealed record GuestGetHostName : ICommand<IGuestIdentity>
{
    public static GuestGetHostName Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells the guest's host name as it is now.")
    {
        Since = "2.10",
        Result = SchemaType.StructureOf("GuestHostName", "The host name.", [new("host-name", SchemaType.Text, "the name")]),
    };

    public IQmpValue Execute(IGuestIdentity guest) =>
        QmpValue.ObjectOf(guest.HostName, static (json, name) => json.WriteMember("host-name", name));
}
