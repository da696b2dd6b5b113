using Qga.Platform.Freeze;

namespace Qga.Actors.Freeze;

/// <summary>What the freeze actor says of the guest.</summary>
/// <param name="Frozen">Since when it is frozen, and until when; null while it is thawed, or not known to be frozen yet.</param>
/// <param name="IsChanging">Whether it is on its way into a freeze or out of one, or a freeze is being taken over.</param>
public sealed record FreezeFacts(FrozenSpan? Frozen, bool IsChanging)
{
    public static readonly FreezeFacts OfThawed = new(Frozen: null, IsChanging: false);

    public bool IsThawed => Frozen is null && !IsChanging;
}

/// <summary>What any thread may read of the freeze, also while actors hang. The freeze actor alone writes it.</summary>
/// <param name="startsFrozen">Whether the agent has a freeze to take over first.</param>
public sealed class FreezeView(bool startsFrozen)
{
    private readonly Lock _gate = new();
    private volatile FreezeFacts _facts = FreezeFacts.OfThawed with { IsChanging = startsFrozen };
    private bool _isEnding;

    /// <summary>Called when the guest has been frozen or thawed, or a freeze has failed.</summary>
    public Action Settled { private get; set; } = static () => { };

    /// <summary>What is counted of freezes.</summary>
    public FreezeTally Tally { get; } = new();

    /// <summary>Decides on the end of an agent whose actors do not answer.</summary>
    /// <returns>Whether it may end: nothing is frozen, and nothing will be.</returns>
    public bool TryEnd()
    {
        lock (_gate)
            return _isEnding |= _facts.IsThawed;
    }

    /// <summary>The agent ends, whatever is frozen.</summary>
    internal void End()
    {
        lock (_gate)
            _isEnding = true;
    }

    /// <summary>A freeze begins.</summary>
    /// <returns>False if the agent ends.</returns>
    internal bool TryBegin()
    {
        lock (_gate)
        {
            if (_isEnding)
                return false;
            _facts = _facts with { IsChanging = true };
            return true;
        }
    }

    public FreezeFacts Facts
    {
        get => _facts;
        internal set
        {
            _facts = value;
            Tally.Note(value);
            if (!value.IsChanging)
                Settled();
        }
    }
}
