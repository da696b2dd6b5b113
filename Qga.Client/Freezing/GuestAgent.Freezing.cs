using System.Runtime.ExceptionServices;

namespace Qga.Client;

/// <summary>Filesystems that were frozen.</summary>
public sealed record FreezeResult
{
    /// <summary>How many. 0 is no error: nothing is frozen then.</summary>
    public required long Count { get; init; }

    /// <summary>After how long the agent thaws them if nobody else does; null if it does not, or it is not known when.</summary>
    public TimeSpan? ThawsAfter { get; init; }
}

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
    /// <summary>Does something while filesystems are frozen, and thaws them whatever becomes of it.</summary>
    /// <param name="work">
    /// What is done, as a snapshot of the disks. It hears how many are frozen, and should end well within the time after which the agent thaws them.
    /// </param>
    /// <param name="mountPoints">As of <see cref="FreezeAsync"/>.</param>
    /// <param name="timeout">As of <see cref="FreezeAsync"/>.</param>
    /// <param name="requireTimeout">As of <see cref="FreezeAsync"/>.</param>
    /// <param name="cancellationToken">Gives up the freeze, and the work, as far as that listens. The thaw is never given up.</param>
    /// <remarks>
    /// A freeze that the agent refuses is somebody else's, and is left alone. One that was given up, or was not answered, may have been carried out:
    /// the guest is thawed then. What the work throws goes on once the guest is thawed.
    /// </remarks>
    /// <exception cref="QgaCommandException">Something can't be frozen, the guest is frozen by somebody else, or a hook has failed.</exception>
    /// <exception cref="QgaFreezeBrokenException">The work is done, and somebody has thawed the guest before its end.</exception>
    /// <exception cref="QgaException">There was no answer. The guest may be frozen, if it was the thaw that was not answered.</exception>
    public async Task WhileFrozenAsync(
        Func<FreezeResult, CancellationToken, Task> work,
        IEnumerable<string>? mountPoints = null,
        TimeSpan? timeout = null,
        bool requireTimeout = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        cancellationToken.ThrowIfCancellationRequested();
        FreezeResult frozen;
        try
        {
            frozen = await FreezeAsync(mountPoints, timeout, requireTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
            when (failure is OperationCanceledException or QgaTimeoutException or QgaConnectionException or QgaProtocolException)
        {
            await TryThawAsync().ConfigureAwait(false);
            throw;
        }

        ExceptionDispatchInfo? broken = null;
        try
        {
            await work(frozen, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            broken = ExceptionDispatchInfo.Capture(failure);
        }

        if (broken is not null)
        {
            await TryThawAsync().ConfigureAwait(false);
            broken.Throw();
        }

        var thawed = await ThawAsync(CancellationToken.None).ConfigureAwait(false);
        if (thawed < frozen.Count)
        {
            throw new QgaFreezeBrokenException(
                $"{Name}: {frozen.Count} filesystems were frozen, and only {thawed} still were at the end", frozen.Count, thawed);
        }
    }

    /// <summary>Brings filesystems to a consistent point on their disks, and holds up all writing until <see cref="ThawAsync"/>.</summary>
    /// <param name="mountPoints">Which, exactly as <see cref="GuestCommands.GetFsInfoAsync"/> tells them; null for all.</param>
    /// <param name="timeout">
    /// After how long the agent is to thaw them if nobody else does, in whole seconds, at most 30 days; zero for never. qga alone can do that;
    /// <see cref="FreezeResult.ThawsAfter"/> is null where the agent knows no such thing, and the guest then stays frozen until it is thawed. Null is
    /// the agent's own setting: 15 minutes with qga, never with qemu-ga.
    /// </param>
    /// <param name="requireTimeout">Whether an agent that knows no such thing is not asked to freeze at all.</param>
    /// <param name="cancellationToken">Gives up waiting. The guest may be frozen, or be so soon: thaw it.</param>
    /// <exception cref="QgaCommandException">
    /// Something can't be frozen, or a hook refuses: everything is thawed. Or the guest is frozen by somebody else, whose freeze a thaw would end.
    /// </exception>
    /// <exception cref="QgaUnsupportedException">
    /// The way has no words for this, or a time is required and the agent knows none. Nothing is frozen.
    /// </exception>
    /// <exception cref="QgaException">There was no answer. The guest may be frozen, or be so soon: thaw it.</exception>
    /// <exception cref="ArgumentException">A time is none, or is required and not given.</exception>
    public async Task<FreezeResult> FreezeAsync(
        IEnumerable<string>? mountPoints = null,
        TimeSpan? timeout = null,
        bool requireTimeout = false,
        CancellationToken cancellationToken = default)
    {
        if (timeout is { } time && (time < TimeSpan.Zero || time > GuestAgentOptions.Longest || time.Ticks % TimeSpan.TicksPerSecond != 0))
            throw new ArgumentOutOfRangeException(nameof(timeout), time, "whole seconds, at most 30 days");
        if (requireTimeout && timeout is null)
            throw new ArgumentException("a time after which the guest is thawed is required, and none is given", nameof(requireTimeout));
        string[]? list = mountPoints is null ? null : [.. mountPoints];
        if (timeout is not null)
        {
            try
            {
                var armed = await AskToFreezeAsync(list, (long)timeout.Value.TotalSeconds, cancellationToken).ConfigureAwait(false);
                return new FreezeResult { Count = armed, ThawsAfter = armed > 0 && timeout > TimeSpan.Zero ? timeout : null };
            }
            catch (QgaCommandException failure) when (failure.Description.Contains("'timeout' is unexpected", StringComparison.Ordinal))
            {
                // Nothing was done: arguments are looked at first.
                if (requireTimeout)
                    throw new QgaUnsupportedException($"{Name}: the agent thaws nothing by itself, and the freeze was not to be without that");
            }
        }

        return new FreezeResult { Count = await AskToFreezeAsync(list, seconds: null, cancellationToken).ConfigureAwait(false) };
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

    private Task<long> AskToFreezeAsync(string[]? mountPoints, long? seconds, CancellationToken cancellationToken) => mountPoints is null
        ? FsFreezeFreezeAsync(seconds, cancellationToken)
        : FsFreezeFreezeListAsync(mountPoints, seconds, cancellationToken);

    /// <summary>Thaws after something has gone wrong already, which the caller hears of.</summary>
    private async Task TryThawAsync()
    {
        try
        {
            await ThawAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (QgaCommandException)
        {
            // The guest is thawed, and its hook has failed.
        }
    }
}
