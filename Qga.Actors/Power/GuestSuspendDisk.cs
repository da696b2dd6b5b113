using Qga.Actors.Commands;
using Qga.Platform.Power;
using Qga.Transport.Protocol;

namespace Qga.Actors.Power;

/// <summary><c>guest-suspend-disk</c>: has the guest sleep, its state on its disk.</summary>
public sealed record GuestSuspendDisk : ICommand<IGuestPower>
{
    public static GuestSuspendDisk Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(IGuestPower power)
    {
        power.Suspend(SuspendMode.Disk);
        return QmpValue.Empty;
    }
}
