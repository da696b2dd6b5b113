using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Audit;
using Qga.Platform.Freeze;
using Qga.Platform.Policy;
using Qga.Transport.Protocol;

namespace Qga.Actors.Freeze;

/// <summary>
/// <c>guest-fsfreeze-freeze</c> and <c>guest-fsfreeze-freeze-list</c>: freeze all filesystems, or those at the given mount
/// points, and return how many were frozen.
/// </summary>
/// <param name="MountPoints">As guest-get-fsinfo tells them; what isn't mounted is ignored. Null for all.</param>
/// <param name="Timeout">After how many seconds the guest is thawed, 0 for never; null for the administrator's setting. qemu-ga has no such
/// argument.</param>
public sealed record GuestFsFreezeFreeze(IReadOnlyList<string>? MountPoints, long? Timeout) : ICommand
{
    /// <summary>No guest has so many mount points.</summary>
    public const int MostMountPoints = 4096;

    /// <summary>30 days.</summary>
    public const long LongestTimeout = 30 * 24 * 60 * 60;

    public string AuditText => "guest-fsfreeze called";

    public bool Changes => true;

    public void Tell(AuditMembers what, bool hasArguments) => what.Add("mountpoints", MountPoints).Add("timeout", Timeout);

    public PolicyRequest Facts(PolicyRequest request) => request with { MountPoints = MountPoints };

    public static GuestFsFreezeFreeze Parse(QmpArguments arguments) => new(MountPoints: null, arguments.OptionalInteger("timeout"));

    public static GuestFsFreezeFreeze ParseList(QmpArguments arguments) =>
        new(arguments.OptionalStrings("mountpoints"), arguments.OptionalInteger("timeout"));

    private static ArgumentDescription TimeoutArgument => new(
        "timeout", "after how long the guest is thawed if nobody else does it, 0 for never; left out for the setting fsfreeze-timeout (15 minutes)")
    {
        IsOurs = true,
        Unit = "seconds",
        Minimum = 0,
        Maximum = LongestTimeout,
    };

    public static CommandDescription Describe() => new(
        "Brings the guest's filesystems to a consistent point and holds up all writing until the thaw.")
    {
        Since = "0.15",
        Arguments = [TimeoutArgument],
        Result = SchemaType.Integer,
        Changes = "the filesystems are frozen, and most commands are refused until the thaw",
        Errors =
        [
            new("failed to freeze MOUNTPOINT: REASON", "a filesystem can't be frozen; all others are thawed again"),
            new("child process has failed to execute fsfreeze hook: TEXT", "the guest's hook refuses the freeze"),
        ],
        Notes =
        [
            "The result is how many filesystems were frozen. 0 is no error: nothing is frozen then.",
            "The argument `timeout` is ours; qemu-ga knows none, and has no deadline. docs/freeze.md says what becomes of the guest in each failure.",
        ],
    };

    public static CommandDescription DescribeList() => Describe() with
    {
        Summary = "As guest-fsfreeze-freeze, for the filesystems at some mount points.",
        Since = "2.2",
        Arguments = [new("mountpoints", "which, exactly as guest-get-fsinfo tells them; others are passed over; left out for all"), TimeoutArgument],
    };

    /// <summary>What is to be done.</summary>
    /// <param name="setting">How long the guest may stay frozen if the request does not say; null for as long as nobody thaws it.</param>
    /// <param name="isMost">Whether it may not for longer if the request does say.</param>
    /// <exception cref="CommandException">An argument is out of its range.</exception>
    public FreezeRequest RequestWithin(TimeSpan? setting, bool isMost = false)
    {
        if (MountPoints?.Count > MostMountPoints)
            throw new CommandException($"Parameter 'mountpoints' names {MountPoints.Count} mount points, more than {MostMountPoints}");
        var asked = Timeout switch
        {
            null => setting,
            0 => null,
            > 0 and <= LongestTimeout => TimeSpan.FromSeconds(Timeout.Value),
            _ => throw new CommandException($"Parameter 'timeout' expects seconds from 1 to {LongestTimeout}, or 0 for never"),
        };
        return new FreezeRequest(MountPoints, isMost && setting is { } most && (asked is null || asked > most) ? most : asked);
    }
}
