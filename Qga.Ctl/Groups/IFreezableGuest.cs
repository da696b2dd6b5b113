namespace Qga.Ctl.Groups;

/// <summary>A guest as a group sees it. Each call fails with a <see cref="Qga.Client.QgaException"/> whose message names the guest.</summary>
internal interface IFreezableGuest : IAsyncDisposable
{
    /// <summary>What people call it.</summary>
    string Name { get; }

    /// <summary>Where it is, for whoever has to reach it without us.</summary>
    string Address { get; }

    /// <summary>Connects to its agent, and asks how things are.</summary>
    Task<GuestFacts> PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Freezes all of its filesystems.</summary>
    /// <param name="deadline">After how long it is to thaw itself, if it can.</param>
    /// <param name="cancellationToken">Gives the answer up; it may be frozen then, or be so soon.</param>
    /// <exception cref="GuestNotOursException">Somebody else has frozen it meanwhile; it is to be left alone.</exception>
    Task<FreezeAnswer> FreezeAsync(TimeSpan deadline, CancellationToken cancellationToken);

    /// <summary>Thaws it.</summary>
    /// <param name="limit">How long the answer may take.</param>
    /// <param name="cancellationToken">Gives the answer up.</param>
    Task<ThawAnswer> ThawAsync(TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Thaws it if it is frozen: nobody knows what became of its freeze. It need not have been prepared.</summary>
    /// <param name="limit">How long each of its answers may take.</param>
    /// <param name="cancellationToken">Gives the answer up.</param>
    Task<ThawAnswer> ReleaseAsync(TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Its own record of the last freeze; null if it has none.</summary>
    Task<FreezeEvidence?> GetEvidenceAsync(CancellationToken cancellationToken);
}

/// <summary>How things are with a guest before a freeze.</summary>
/// <param name="Agent">The version that its agent tells.</param>
/// <param name="Obstacle">Why it must not be frozen; null if it may.</param>
/// <param name="HasEvidence">Whether it keeps records of freezes and tells them.</param>
internal sealed record GuestFacts(string Agent, string? Obstacle, bool HasEvidence);

/// <summary>A freeze that was answered.</summary>
/// <param name="Count">How many filesystems.</param>
/// <param name="ThawsAfter">After how long the guest thaws itself; null if it never does, or it is not known.</param>
/// <param name="At">When the answer was there, by the <see cref="GroupClock"/>: all of it was frozen by then.</param>
/// <param name="Record">The id of the guest's own record, which says that it is frozen; null if it keeps none, or it has not come.</param>
internal sealed record FreezeAnswer(long Count, TimeSpan? ThawsAfter, TimeSpan At, string? Record = null);

/// <summary>A guest that is not frozen any more, by its own word.</summary>
/// <param name="Count">How many filesystems were frozen until then; null if that was not said.</param>
/// <param name="Problem">What has failed beside it, as a hook; null for nothing.</param>
/// <param name="At">When the answer was there, by the <see cref="GroupClock"/>.</param>
internal sealed record ThawAnswer(long? Count, string? Problem, TimeSpan At);

/// <summary>The guest was frozen by somebody else, after it was found thawed.</summary>
internal sealed class GuestNotOursException(string message, Exception cause) : Exception(message, cause);
