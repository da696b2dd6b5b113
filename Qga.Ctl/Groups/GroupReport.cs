namespace Qga.Ctl.Groups;

/// <summary>What became of a group.</summary>
internal enum GroupOutcome
{
    /// <summary>The snapshot has succeeded while all guests were frozen, and that is proven.</summary>
    Consistent,

    /// <summary>Nothing was frozen: a guest can't be reached, is frozen already, or has nothing to freeze with.</summary>
    Refused,

    /// <summary>A guest could not be frozen; no snapshot was taken.</summary>
    NotFrozen,

    /// <summary>The snapshot has failed, or took too long.</summary>
    SnapshotFailed,

    /// <summary>The snapshot has succeeded, and it is not proven that all guests were frozen all the while.</summary>
    Void,

    /// <summary>Somebody wanted an end.</summary>
    Interrupted,
}

/// <summary>What is known of a guest at the end.</summary>
internal enum GuestEnd
{
    /// <summary>It was not frozen by us.</summary>
    Untouched,

    /// <summary>It has said that it is not frozen.</summary>
    Thawed,

    /// <summary>It was, or may have been, frozen, and has not said that it is not any more. The watcher goes on with it.</summary>
    Unsaid,
}

/// <summary>One guest of a group.</summary>
internal sealed record GuestReport(string Name, string Address)
{
    /// <summary>The version that its agent tells; null if it told none.</summary>
    internal string? Agent { get; init; }

    internal GuestEnd End { get; init; }

    internal FreezeAnswer? Freeze { get; init; }

    internal ThawAnswer? Thaw { get; init; }

    /// <summary>Whether it keeps records of its freezes, which are to prove this one.</summary>
    internal bool KeepsRecords { get; init; }

    internal FreezeEvidence? Evidence { get; init; }

    /// <summary>Whether its freeze was never answered, and may come yet though it is thawed. The watcher looks at it once more.</summary>
    internal bool MayFreezeYet { get; init; }

    /// <summary>What went wrong with it last; null for nothing.</summary>
    internal string? Problem { get; init; }

    /// <summary>Why nobody can say that it stayed frozen from its freeze to its thaw; null if it did.</summary>
    internal string? Doubt => this switch
    {
        { Freeze: null } => "it was not frozen",
        { Thaw: null } => "it has not said that it is thawed",
        { Thaw.Count: null } => $"its thaw has not told how much was frozen until then{(Thaw.Problem is null ? "" : $": {Thaw.Problem}")}",
        { Thaw.Count: var thawed } when thawed < Freeze.Count =>
            $"of {Freeze.Count} filesystems {Freeze.Count - thawed} were thawed by somebody else before",
        { Thaw.Count: var thawed } when thawed > Freeze.Count =>
            $"{Freeze.Count} filesystems were frozen and {thawed} thawed: somebody else has frozen, too",
        { KeepsRecords: true, Freeze.Record: null } => "it keeps records of its freezes, and none of this one has come while it was frozen",
        { KeepsRecords: true, Evidence: null } => "its own record of the freeze has not come",
        { Evidence: { Id: var last } } when last != Freeze.Record =>
            "its last record is that of another freeze: somebody else has thawed it, and it was frozen again",
        { Evidence: { State: not FreezeEvidence.Over and var state } } => $"its own record says that it is {state}, and not over",
        { Evidence: { IsConsistent: false, Reason: var reason } } =>
            $"its own record says that it was not consistent{(reason is null ? "" : $": {reason}")}",
        _ => null,
    };
}

/// <summary>When the snapshot was taken, and what became of it.</summary>
internal sealed record SnapshotReport(TimeSpan Began, TimeSpan? Ended, SnapshotResult? Result);

/// <summary>All that a freeze of a group has brought. Times are those of its <see cref="GroupClock"/>.</summary>
/// <param name="Origin">The host's time at <see cref="TimeSpan.Zero"/>.</param>
/// <param name="Guests">In the order in which they were given.</param>
internal sealed record GroupReport(DateTimeOffset Origin, IReadOnlyList<GuestReport> Guests)
{
    /// <summary>Why the group has failed before it could be judged; null if it has not.</summary>
    internal (GroupOutcome Outcome, string Why)? Failure { get; init; }

    internal SnapshotReport? Snapshot { get; init; }

    /// <summary>When the first guest was told to freeze.</summary>
    internal TimeSpan? FreezeOrdered { get; init; }

    /// <summary>When the first guest was told to thaw.</summary>
    internal TimeSpan? ThawOrdered { get; init; }

    /// <summary>The watcher, if it goes on with guests that are not known to be thawed, or are late; else null, or if nobody watches.</summary>
    internal int? Watcher { get; init; }

    internal GroupLimits Limits { get; init; } = new();

    private bool AreAllFrozen => Guests.All(guest => guest.Freeze is not null);

    /// <summary>From the first guest that was frozen to the last; null if not all were.</summary>
    internal TimeSpan? Skew => AreAllFrozen ? Guests.Max(guest => guest.Freeze!.At) - Guests.Min(guest => guest.Freeze!.At) : null;

    /// <summary>From the first order to freeze to the last answer to a thaw: as long as anybody may have waited; null if that is not known.</summary>
    internal TimeSpan? Window =>
        FreezeOrdered is { } from && Guests.All(guest => guest.Thaw is not null) ? Guests.Max(guest => guest.Thaw!.At) - from : null;

    /// <summary>
    /// When all guests were frozen at once: from the last answer to a freeze to the first order to thaw; null if there was no such time.
    /// </summary>
    internal (TimeSpan From, TimeSpan To)? Together =>
        AreAllFrozen && ThawOrdered is { } to && Guests.Max(guest => guest.Freeze!.At) is var from && from <= to ? (from, to) : null;

    internal GroupOutcome Outcome => Failure?.Outcome ?? (Doubts.Any() ? GroupOutcome.Void : GroupOutcome.Consistent);

    /// <summary>Why it is not consistent; null if it is.</summary>
    internal string? Why => Failure?.Why ?? (Doubts.Any() ? string.Join("; ", Doubts) : null);

    /// <summary>Guests that may still be frozen.</summary>
    internal IEnumerable<GuestReport> Unsaid => Guests.Where(guest => guest.End == GuestEnd.Unsaid);

    /// <summary>Guests that are thawed, and whose freeze may come yet.</summary>
    internal IEnumerable<GuestReport> Late => Guests.Where(guest => guest.MayFreezeYet && guest.End == GuestEnd.Thawed);

    private IEnumerable<string> Doubts => Guests.Where(guest => guest.Doubt is not null).Select(guest => $"{guest.Name}: {guest.Doubt}")
        .Concat(IsSnapshotWithin ? (string[])[] : ["the snapshot was not taken while all guests were frozen"]);

    private bool IsSnapshotWithin => Snapshot is { Ended: { } ended, Result.Failure: null } && Together is { } together
        && together.From <= Snapshot.Began && ended <= together.To;
}
