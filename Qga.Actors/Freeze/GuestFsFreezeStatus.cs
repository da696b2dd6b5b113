using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Freeze;

/// <summary><c>guest-fsfreeze-status</c>: whether this agent holds the guest frozen; once a running freeze or thaw is over.</summary>
public sealed record GuestFsFreezeStatus : ICommand
{
    public static GuestFsFreezeStatus Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells whether this agent holds the guest frozen; during a freeze or thaw, once that is over.")
    {
        Since = "0.15",
        Result = SchemaType.OneOf("GuestFsfreezeStatus", "thawed", "frozen"),
    };
}
