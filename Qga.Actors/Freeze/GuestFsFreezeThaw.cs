using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Freeze;

/// <summary><c>guest-fsfreeze-thaw</c>: thaws every filesystem, whoever froze it, and returns how many were frozen.</summary>
public sealed record GuestFsFreezeThaw : ICommand
{
    public static GuestFsFreezeThaw Parse(QmpArguments arguments) => new();
}
