using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Freeze;

/// <summary>
/// <c>guest-fsfreeze-freeze</c> and <c>guest-fsfreeze-freeze-list</c>: freeze all filesystems, or those at the given mount
/// points, and return how many were frozen.
/// </summary>
/// <param name="MountPoints">Exactly as they are mounted; what isn't is ignored. Null for all.</param>
/// <param name="Timeout">After how many seconds the guest is thawed, 0 for never; null for the administrator's setting. qemu-ga has no such argument.</param>
public sealed record GuestFsFreezeFreeze(IReadOnlyList<string>? MountPoints, long? Timeout) : ICommand
{
    /// <summary>30 days.</summary>
    public const long LongestTimeout = 30 * 24 * 60 * 60;

    public string Account => "guest-fsfreeze called";

    public static GuestFsFreezeFreeze Parse(QmpArguments arguments) => new(MountPoints: null, arguments.OptionalInteger("timeout"));

    public static GuestFsFreezeFreeze ParseList(QmpArguments arguments) =>
        new(arguments.OptionalStrings("mountpoints"), arguments.OptionalInteger("timeout"));

    /// <summary>How long the guest may stay frozen; null for as long as nobody thaws it.</summary>
    /// <exception cref="CommandException">The argument is out of its range.</exception>
    public TimeSpan? TimeoutOr(TimeSpan? setting) => Timeout switch
    {
        null => setting,
        0 => null,
        > 0 and <= LongestTimeout => TimeSpan.FromSeconds(Timeout.Value),
        _ => throw new CommandException($"Parameter 'timeout' expects seconds from 1 to {LongestTimeout}, or 0 for never"),
    };
}
