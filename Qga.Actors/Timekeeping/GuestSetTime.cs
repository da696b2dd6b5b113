using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform;
using Qga.Platform.Audit;
using Qga.Platform.Timekeeping;
using Qga.Transport.Protocol;

namespace Qga.Actors.Timekeeping;

/// <summary><c>guest-set-time</c>: sets both clocks to a time of the host, or the system's to the hardware clock.</summary>
/// <param name="Time">Nanoseconds since 1970 UTC; null is the hardware clock's time.</param>
public sealed record GuestSetTime(long? Time) : ICommand<IGuestClock>
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    public bool Changes => true;

    public void Tell(AuditMembers what, bool hasArguments) => what.Add("time", Time);

    public static GuestSetTime Parse(QmpArguments arguments) => new(arguments.OptionalInteger("time"));

    public static CommandDescription Describe() => new("Sets the guest's clocks, as after it was suspended or its host's clock was set.")
    {
        Since = "1.5",
        Arguments = [new("time", "since 1970-01-01 00:00 UTC; left out for the time of the guest's hardware clock") { Unit = "nanoseconds" }],
        Changes = "the system clock and, if a time is given, the hardware clock",
        Errors =
        [
            new("Invalid time", "the year of that time is not from 1970 to 2069"),
            new("the system clock is set, but not the hardware clock: REASON", "only the first half could be done"),
        ],
    };

    public IQmpValue Execute(IGuestClock clock)
    {
        if (Time is { } time)
            Set(clock, time);
        else
            clock.SetFromHardwareClock();
        return QmpValue.Empty;
    }

    private static void Set(IGuestClock clock, long time)
    {
        // The years that a hardware clock with two digits for them has.
        if (clock.LocalYear(time / NanosecondsPerSecond) is not (>= 1970 and <= 2069))
            throw new CommandException("Invalid time");

        clock.Set(time);
        try
        {
            clock.SetHardwareClock();
        }
        catch (PlatformException failure)
        {
            throw new CommandException($"the system clock is set, but not the hardware clock: {failure.Message}");
        }
    }
}
