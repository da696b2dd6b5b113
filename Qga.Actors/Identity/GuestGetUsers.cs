using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Identity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Identity;

/// <summary><c>guest-get-users</c>: who is logged in, and since when.</summary>
public sealed record GuestGetUsers : ICommand<IGuestIdentity>
{
    public static GuestGetUsers Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells who is logged in, and since when.")
    {
        Since = "2.10",
        Result = SchemaType.ListOf(SchemaType.StructureOf(
            "GuestUser",
            "A user who is logged in, however often.",
            new("user", SchemaType.Text, "the name"),
            new("login-time", SchemaType.Number, "the earliest login, since 1970-01-01 00:00 UTC") { Unit = "seconds" })),
    };

    public IQmpValue Execute(IGuestIdentity guest) => QmpValue.ListOf(guest.Users, static (json, user) =>
    {
        json.WriteMember("user", user.Name);
        json.WriteMember("login-time", user.LoginTime);
    });
}
