using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Power;
using Qga.Transport.Protocol;

namespace Qga.Actors.Power;

/// <summary><c>guest-suspend-hybrid</c>: has the guest sleep, its state in its memory and on its disk.</summary>
public sealed record GuestSuspendHybrid : ICommand<IGuestPower>
{
    public bool Changes => true;

    public static GuestSuspendHybrid Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Has the guest sleep, its state in its memory and on its disk.")
    {
        Since = "1.1",
        Changes = "the guest sleeps",
        Errors = [new("the requested suspend mode is not supported by the guest", "no program and no kernel of the guest can")],
        Notes = ["That the guest sleeps is not answered, also not when it is awake again."],
    };

    public IQmpValue Execute(IGuestPower power)
    {
        power.Suspend(SuspendMode.Hybrid);
        return QmpValue.Empty;
    }
}
