using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Timekeeping;
using Qga.Transport.Protocol;

namespace Qga.Actors.Timekeeping;

/// <summary><c>guest-get-time</c>: the system's time in nanoseconds since 1970 UTC, exact to the microsecond as with qemu-ga.</summary>
public sealed record GuestGetTime : ICommand<IGuestClock>
{
    private const long Microsecond = 1000;

    public static GuestGetTime Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells the guest's time.")
    {
        Since = "1.5",
        Result = SchemaType.Integer,
        Notes = ["Nanoseconds since 1970-01-01 00:00 UTC, exact to the microsecond."],
    };

    public IQmpValue Execute(IGuestClock clock) => QmpValue.Of(clock.Now / Microsecond * Microsecond);
}
