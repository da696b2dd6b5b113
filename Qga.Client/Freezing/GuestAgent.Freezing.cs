namespace Qga.Client;

/// <summary>Filesystems that were frozen.</summary>
/// <param name="Count">How many. 0 is no error: nothing is frozen then.</param>
/// <param name="ThawsAfter">After how long the agent thaws them if nobody else does; null if it does not, or it is not known when.</param>
public sealed record FreezeResult(long Count, TimeSpan? ThawsAfter);

/// <summary>Whether a guest is frozen by its agent.</summary>
public enum FreezeStatus
{
    /// <summary>Its filesystems take writes.</summary>
    Thawed,

    /// <summary>They don't; most commands are refused.</summary>
    Frozen,
}

public sealed partial class GuestAgent
{
    /// <summary>Brings filesystems to a consistent point on their disks, and holds up all writing until <see cref="ThawAsync"/>.</summary>
    /// <param name="mountPoints">Which, exactly as <see cref="GuestCommands.GetFsInfoAsync"/> tells them; null for all.</param>
    /// <param name="timeout">
    /// After how long the agent is to thaw them if nobody else does, in whole seconds, at most 30 days; zero for never. qga alone can do that;
    /// <see cref="FreezeResult.ThawsAfter"/> is null where the agent knows no such thing, and the guest then stays frozen until it is thawed. Null is
    /// the agent's own setting: 15 minutes with qga, never with qemu-ga.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting. The guest may be frozen, or be so soon: thaw it.</param>
    /// <exception cref="QgaCommandException">Something can't be frozen, or a hook refuses. Everything is thawed.</exception>
    /// <exception cref="QgaException">There was no answer. The guest may be frozen, or be so soon: thaw it.</exception>
    public async Task<FreezeResult> FreezeAsync(
        IEnumerable<string>? mountPoints = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (timeout is { } time && (time < TimeSpan.Zero || time > TimeSpan.FromDays(30) || time.Ticks % TimeSpan.TicksPerSecond != 0))
            throw new ArgumentOutOfRangeException(nameof(timeout), time, "whole seconds, at most 30 days");
        string[]? list = mountPoints is null ? null : [.. mountPoints];
        if (timeout is not null)
        {
            try
            {
                var armed = await FreezeAsync(list, (long)timeout.Value.TotalSeconds, cancellationToken).ConfigureAwait(false);
                return new FreezeResult(armed, armed > 0 && timeout > TimeSpan.Zero ? timeout : null);
            }
            catch (QgaCommandException failure) when (failure.Description.Contains("'timeout' is unexpected", StringComparison.Ordinal))
            {
                // Nothing was done: arguments are looked at first.
            }
        }

        return new FreezeResult(await FreezeAsync(list, seconds: null, cancellationToken).ConfigureAwait(false), null);
    }

    /// <summary>Thaws every filesystem, whoever froze it.</summary>
    /// <param name="cancellationToken">Gives up waiting. The guest may still be frozen.</param>
    /// <returns>How many were frozen; fewer than the freeze has told means that somebody else has thawed before.</returns>
    /// <exception cref="QgaCommandException">The guest is thawed, and its hook has failed.</exception>
    /// <exception cref="QgaException">There was no answer. The guest may still be frozen.</exception>
    public Task<long> ThawAsync(CancellationToken cancellationToken = default) => FsFreezeThawAsync(cancellationToken);

    /// <summary>Whether the agent holds the guest frozen; during a freeze or a thaw, once that is over.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="QgaException">There was no answer.</exception>
    public async Task<FreezeStatus> GetFreezeStatusAsync(CancellationToken cancellationToken = default) =>
        await FsFreezeStatusAsync(cancellationToken).ConfigureAwait(false) switch
        {
            "thawed" => FreezeStatus.Thawed,
            "frozen" => FreezeStatus.Frozen,
            var word => throw new QgaProtocolException($"guest-fsfreeze-status has returned '{word}'"),
        };

    private Task<long> FreezeAsync(string[]? mountPoints, long? seconds, CancellationToken cancellationToken) => mountPoints is null
        ? FsFreezeFreezeAsync(seconds, cancellationToken)
        : FsFreezeFreezeListAsync(mountPoints, seconds, cancellationToken);
}
