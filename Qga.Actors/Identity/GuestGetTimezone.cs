using Qga.Actors.Commands;
using Qga.Platform.Identity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Identity;

/// <summary><c>guest-get-timezone</c>: how far local time is from UTC now.</summary>
public sealed record GuestGetTimezone : ICommand<IGuestIdentity>
{
    public static GuestGetTimezone Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(IGuestIdentity guest) => QmpValue.ObjectOf(guest.TimeZone, static (json, zone) =>
    {
        json.WriteOptionalMember("zone", zone.Abbreviation);
        json.WriteMember("offset", zone.Offset);
    });
}
