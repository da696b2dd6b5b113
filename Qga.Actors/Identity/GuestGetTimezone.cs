using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Identity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Identity;

/// <summary><c>guest-get-timezone</c>: how far local time is from UTC now.</summary>
public sealed record GuestGetTimezone : ICommand<IGuestIdentity>
{
    public static GuestGetTimezone Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells how far the guest's local time is from UTC now.")
    {
        Since = "2.10",
        Result = SchemaType.StructureOf(
            "GuestTimezone",
            "The time zone.",
            new("zone", SchemaType.Text, "its abbreviation, as in force now") { IsOptional = true },
            new("offset", SchemaType.Integer, "east of UTC") { Unit = "seconds" }),
    };

    public IQmpValue Execute(IGuestIdentity guest) => QmpValue.ObjectOf(guest.TimeZone, static (json, zone) =>
    {
        json.WriteOptionalMember("zone", zone.Abbreviation);
        json.WriteMember("offset", zone.Offset);
    });
}
