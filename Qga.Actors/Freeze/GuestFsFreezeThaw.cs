using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Freeze;

/// <summary><c>guest-fsfreeze-thaw</c>: thaws every filesystem, whoever froze it, and returns how many were frozen.</summary>
public sealed record GuestFsFreezeThaw : ICommand
{
    public bool Changes => true;

    public static GuestFsFreezeThaw Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Thaws every filesystem, whoever froze it.")
    {
        Since = "0.15",
        Result = SchemaType.Integer,
        Changes = "the guest works again",
        Errors = [new("child process has failed to execute fsfreeze hook: TEXT", "the guest is thawed, and its hook has failed")],
        Notes = ["The result is how many filesystems were frozen; fewer than the freeze has told means that somebody else has thawed before."],
    };
}
