using Qga.Actors.Commands;
using Qga.Platform.Power;
using Qga.Transport.Protocol;

namespace Qga.Actors.Power;

/// <summary><c>guest-suspend-ram</c>: has the guest sleep, its state in its memory.</summary>
public sealed record GuestSuspendRam : ICommand<IGuestPower>
{
    public static GuestSuspendRam Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(IGuestPower power)
    {
        power.Suspend(SuspendMode.Ram);
        return QmpValue.Empty;
    }
}
