using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Power;
using Qga.Transport.Protocol;

namespace Qga.Actors.Power;

/// <summary><c>guest-suspend-ram</c>: has the guest sleep, its state in its memory.</summary>
public sealed record GuestSuspendRam : ICommand<IGuestPower>
{
    public bool Changes => true;

    public static GuestSuspendRam Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Has the guest sleep, its state in its memory.")
    {
        Since = "1.1",
        Changes = "the guest sleeps",
        Errors = [new("the requested suspend mode is not supported by the guest", "no program and no kernel of the guest can")],
        Notes = ["That the guest sleeps is not answered, also not when it is awake again."],
    };

    public IQmpValue Execute(IGuestPower power)
    {
        power.Suspend(SuspendMode.Ram);
        return QmpValue.Empty;
    }
}
