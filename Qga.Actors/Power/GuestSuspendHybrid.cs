using Qga.Actors.Commands;
using Qga.Platform.Power;
using Qga.Transport.Protocol;

namespace Qga.Actors.Power;

/// <summary><c>guest-suspend-hybrid</c>: has the guest sleep, its state in its memory and on its disk.</summary>
public sealed record GuestSuspendHybrid : ICommand<IGuestPower>
{
    public static GuestSuspendHybrid Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(IGuestPower power)
    {
        power.Suspend(SuspendMode.Hybrid);
        return QmpValue.Empty;
    }
}
