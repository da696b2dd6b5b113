using Qga.Actors.Commands;
using Qga.Platform.Identity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Identity;

/// <summary><c>guest-get-host-name</c>: the host name as it is now.</summary>
public sealed record GuestGetHostName : ICommand<IGuestIdentity>
{
    public static GuestGetHostName Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(IGuestIdentity guest) =>
        QmpValue.ObjectOf(guest.HostName, static (json, name) => json.WriteMember("host-name", name));
}
