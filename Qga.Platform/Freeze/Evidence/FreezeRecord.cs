namespace Qga.Platform.Freeze.Evidence;

/// <summary>Who has ended a freeze.</summary>
public enum FreezeEnder
{
    /// <summary>The host has asked for the thaw.</summary>
    Host,

    /// <summary>Nobody has thawed the guest in time.</summary>
    Deadline,

    /// <summary>The agent has ended, or the guest goes down.</summary>
    Exit,

    /// <summary>The freeze has failed, and was undone.</summary>
    Failure,

    /// <summary>Somebody in the guest who is not its agent.</summary>
    ForeignThaw,

    /// <summary>Root in the guest, by <c>qga thaw</c> or the control socket.</summary>
    Root,
}

/// <summary>Who has thawed a filesystem.</summary>
public enum Thawer
{
    Agent,

    /// <summary>The guardian, on its own.</summary>
    Guardian,

    /// <summary><c>qga thaw</c>.</summary>
    Subcommand,

    SomebodyElse,
}

/// <summary>Who has asked.</summary>
/// <param name="Command">For what.</param>
/// <param name="Channel">By which channel, as option -m has it, or <c>control</c>; null if it is not known.</param>
/// <param name="Peer">Who is at its other end, in the words of the guest's policy; null if nobody knows.</param>
public sealed record FreezeAsker(string Command, string? Channel, string? Peer)
{
    /// <summary>The channel of root in the guest.</summary>
    public const string RootsChannel = "control";
}

/// <summary>The end of a freeze.</summary>
/// <param name="By">Who has ended it.</param>
/// <param name="At">When the thaw began.</param>
/// <param name="Peer">Who has asked for it; null if nobody has, or it is not known.</param>
/// <param name="Reason">Why it has failed; null if it has not.</param>
public sealed record FreezeEnd(FreezeEnder By, Moment At, string? Peer, string? Reason)
{
    /// <summary>By which channel, as option -m has it, or <c>control</c>; null if it is not known.</summary>
    public string? Channel { get; init; }
}

/// <summary>A call of the hook.</summary>
/// <param name="Action"><c>freeze</c> or <c>thaw</c>.</param>
/// <param name="Reason">Why it is called, in the words that it is given.</param>
/// <param name="Began">When.</param>
/// <param name="Ended">Null while it runs, or if nobody knows.</param>
/// <param name="Failure">How it has failed; null if it has not.</param>
public sealed record HookRun(string Action, string Reason, Moment Began, Moment? Ended, string? Failure);

/// <summary>What a freeze was for one filesystem.</summary>
/// <param name="MountPoint">Where it is mounted; of what a request has named in vain, that.</param>
public sealed record FrozenFileSystem(string MountPoint)
{
    /// <summary>Null if there is none, or nobody knows.</summary>
    public string? Type { get; init; }

    /// <summary><c>MAJOR:MINOR</c>; null if there is none.</summary>
    public string? Device { get; init; }

    /// <summary>Right after it was frozen; null if it was not.</summary>
    public Moment? FrozenAt { get; init; }

    /// <summary>Right before it was thawed; null if it was not, or nobody knows when.</summary>
    public Moment? ThawedAt { get; init; }

    public Thawer? ThawedBy { get; init; }

    /// <summary>Why it does not answer the thaw; null if it does.</summary>
    public string? Unanswered { get; init; }

    /// <summary>Why it was not frozen; null if it was.</summary>
    public string? LeftOut { get; init; }

    /// <summary>Whether it was asked for and should have been frozen.</summary>
    public bool IsMissed { get; init; }
}

/// <summary>What is known of a freeze, and what it was worth.</summary>
public sealed record FreezeRecord
{
    /// <summary>How many filesystems a verdict names at most.</summary>
    private const int MostNamed = 4;

    public required string Id { get; init; }

    /// <summary>The start of the guest that boot times count from.</summary>
    public required string BootId { get; init; }

    /// <summary>When it was asked for, or found.</summary>
    public required Moment Began { get; init; }

    /// <summary>Null if nobody knows how it began.</summary>
    public FreezeAsker? Asker { get; init; }

    /// <summary>What was asked for; null for all.</summary>
    public IReadOnlyList<string>? MountPoints { get; init; }

    /// <summary>How long the guest was to stay frozen at most; null for as long as nobody thaws it.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The processes that have kept the record, one after the other.</summary>
    public IReadOnlyList<int> Keepers { get; init; } = [];

    public IReadOnlyList<HookRun> Hooks { get; init; } = [];

    public IReadOnlyList<FrozenFileSystem> FileSystems { get; init; } = [];

    /// <summary>Whether all was frozen that could be.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Null as long as nobody ends it.</summary>
    public FreezeEnd? End { get; init; }

    /// <summary>Whether nothing more happens.</summary>
    public bool IsOver { get; init; }

    /// <summary>
    /// From when to when all was frozen that was: after the last was frozen, before the first was thawed. The end is null while nothing is
    /// thawed. Null as a whole if there is no such time, or it is not known.
    /// </summary>
    public (Moment From, Moment? To)? Together
    {
        get
        {
            FrozenFileSystem[] frozen = [.. FileSystems.Where(each => each.FrozenAt is not null)];
            if (!IsComplete || frozen.Length == 0)
                return null;
            var from = frozen.MaxBy(each => each.FrozenAt!.Value.Boot)!.FrozenAt!.Value;
            if (End is null && !Array.Exists(frozen, each => each.ThawedBy is not null))
                return (from, null);
            if (Array.Exists(frozen, each => each.ThawedAt is null))
                return null;
            var to = frozen.MinBy(each => each.ThawedAt!.Value.Boot)!.ThawedAt!.Value;
            return to.Boot >= from.Boot ? (from, to) : null;
        }
    }

    /// <summary>Why the freeze was not consistent, as far as it has got; empty if it was.</summary>
    public IReadOnlyList<string> Doubts => End is { By: FreezeEnder.Failure, Reason: { } reason } ? [reason] : [.. Found()];

    /// <summary>What the events of a freeze make of it, in the order of their times.</summary>
    /// <returns>Null if they don't say which freeze it is.</returns>
    internal static FreezeRecord? Of(IEnumerable<FreezeEvent> events)
    {
        var account = new FreezeAccount();
        foreach (var each in events)
            account.Add(each);
        return account.Record;
    }

    private IEnumerable<string> Found()
    {
        if (Asker is null)
            yield return "nobody knows how it began";
        foreach (var hook in Hooks)
        {
            if (hook.Failure is { } failure)
                yield return $"the {hook.Action} hook has failed: {failure}";
            else if (hook.Ended is null)
                yield return $"nobody knows how the {hook.Action} hook has ended";
        }

        if (!IsComplete)
            yield return "the agent has ended before all was frozen";
        else if (Asker is not null && !FileSystems.Any(each => each.FrozenAt is not null))
            yield return "nothing was frozen";
        foreach (var doubt in Shortened(FileSystems.Where(each => each.IsMissed), each => $"{each.MountPoint} was not frozen: {each.LeftOut}"))
            yield return doubt;
        foreach (var doubt in Shortened(FileSystems.Where(each => each is { FrozenAt: not null, ThawedAt: null }), WhyUnknown))
            yield return doubt;
        var frozen = FileSystems.Where(each => each.FrozenAt is not null);
        if (IsComplete && Together is null && frozen.Any() && frozen.All(each => each.ThawedAt is not null))
            yield return "there was no time in which all was frozen";
    }

    private static string WhyUnknown(FrozenFileSystem fileSystem) => fileSystem switch
    {
        { ThawedBy: Thawer.SomebodyElse } => $"{fileSystem.MountPoint} was thawed by somebody else, nobody knows when",
        { Unanswered: { } reason } => $"{fileSystem.MountPoint} does not say whether it was frozen until the end: {reason}",
        _ => $"nobody knows when {fileSystem.MountPoint} was thawed",
    };

    private static IEnumerable<string> Shortened(IEnumerable<FrozenFileSystem> fileSystems, Func<FrozenFileSystem, string> doubt)
    {
        FrozenFileSystem[] all = [.. fileSystems];
        return all.Length <= MostNamed ? all.Select(doubt) : all.Take(MostNamed - 1).Select(doubt).Append($"and {all.Length - MostNamed + 1} more");
    }
}
