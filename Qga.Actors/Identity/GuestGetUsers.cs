using Qga.Actors.Commands;
using Qga.Platform.Identity;
using Qga.Transport.Protocol;

namespace Qga.Actors.Identity;

/// <summary><c>guest-get-users</c>: who is logged in, and since when.</summary>
public sealed record GuestGetUsers : ICommand<IGuestIdentity>
{
    public static GuestGetUsers Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(IGuestIdentity guest) => QmpValue.ListOf(guest.Users, static (json, user) =>
    {
        json.WriteMember("user", user.Name);
        json.WriteMember("login-time", user.LoginTime);
    });
}
