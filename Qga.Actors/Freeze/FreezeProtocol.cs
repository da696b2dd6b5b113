namespace Qga.Actors.Freeze;

/// <summary>What is asked of the freeze actor beside its commands, and what it tells.</summary>
public static class FreezeProtocol
{
    /// <summary>What becomes of a guest that is frozen when its agent is to end.</summary>
    public enum WhileFrozen
    {
        /// <summary>It stays frozen, and the agent too: nobody would be left to thaw it.</summary>
        Stay,

        /// <summary>It is thawed first.</summary>
        Thaw,

        /// <summary>It stays frozen, in the guardian's hands, for the next agent.</summary>
        HandOver,
    }

    /// <summary>
    /// May the agent end? The sender is told <see cref="MayEnd"/> or <see cref="StaysFrozen"/>, once a freeze or thaw that is on its way is over.
    /// </summary>
    public sealed record End(WhileFrozen WhileFrozen);

    /// <summary>The agent may end: nothing will be frozen any more.</summary>
    public sealed record MayEnd
    {
        public static readonly MayEnd Instance = new();
    }

    /// <summary>The agent may not end: the guest is frozen.</summary>
    public sealed record StaysFrozen
    {
        public static readonly StaysFrozen Instance = new();
    }

    /// <summary>Published to the actor system's event stream when the actor goes from one state of docs/freeze.md to another.</summary>
    /// <param name="From">The state that is left.</param>
    /// <param name="On">What for: the name of a command or message.</param>
    /// <param name="To">The state that is entered.</param>
    public sealed record Transition(string From, string On, string To);
}
