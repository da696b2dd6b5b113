namespace Qga.Ctl.Groups;

/// <summary>What <see cref="GroupActor"/> and its <see cref="GuestActor"/>s say to each other; a guest is a number, its place in the list.</summary>
internal static class GroupProtocol
{
    /// <summary>Freezes the group; the answer is its <see cref="GroupReport"/>.</summary>
    internal sealed record Start
    {
        internal static readonly Start Instance = new();
    }

    /// <summary>Somebody wants an end; what is frozen is thawed.</summary>
    internal sealed record Interrupt
    {
        internal static readonly Interrupt Instance = new();
    }

    internal sealed record Prepare
    {
        internal static readonly Prepare Instance = new();
    }

    internal sealed record Prepared(int Guest, GuestFacts Facts);

    internal sealed record Unprepared(int Guest, string Why);

    internal sealed record Freeze(TimeSpan Deadline);

    internal sealed record Froze(int Guest, FreezeAnswer Answer);

    /// <param name="Guest">Which.</param>
    /// <param name="Why">What went wrong.</param>
    /// <param name="Fate">What became of it.</param>
    internal sealed record FreezeFailed(int Guest, string Why, FreezeFate Fate);

    /// <summary>What becomes of a freeze that fails.</summary>
    internal enum FreezeFate
    {
        /// <summary>There was no answer: it may have been done, or may be soon.</summary>
        Unknown,

        /// <summary>The agent says that it has failed, and has undone it.</summary>
        Undone,

        /// <summary>Somebody else has frozen the guest meanwhile; it is left alone.</summary>
        NotOurs,
    }

    /// <summary>Thaws a guest, whatever became of its freeze, and until it has said so.</summary>
    /// <param name="AttemptLimit">How long one answer is waited for.</param>
    internal sealed record Thaw(TimeSpan AttemptLimit);

    /// <param name="Guest">Which.</param>
    /// <param name="Answer">What it said; null if there was nothing to thaw.</param>
    internal sealed record Thawed(int Guest, ThawAnswer? Answer);

    /// <summary>It will be asked again.</summary>
    internal sealed record ThawFailed(int Guest, string Why);

    /// <summary>Asks for the guest's own record.</summary>
    internal sealed record Testify
    {
        internal static readonly Testify Instance = new();
    }

    /// <param name="Guest">Which.</param>
    /// <param name="Evidence">Null if there is none.</param>
    /// <param name="Why">Why there is none; null if the guest has not said.</param>
    internal sealed record Testified(int Guest, FreezeEvidence? Evidence, string? Why = null);

    /// <summary>A guest's actor has a bug, and is of no use any more.</summary>
    internal sealed record Broken(int Guest, Exception Bug);

    /// <summary>What the group does changes; on the system's event stream.</summary>
    /// <param name="From">The state.</param>
    /// <param name="On">The message.</param>
    /// <param name="To">The next one.</param>
    internal sealed record Transition(string From, string On, string To);
}
