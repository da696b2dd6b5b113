namespace Qga.Actors.Commands;

/// <summary>Which commands the administrator allows: all, or those of the allow list; less those of the block list.</summary>
public sealed class CommandFilter(IReadOnlyCollection<string> allowed, IReadOnlyCollection<string> blocked)
{
    /// <summary>Filesystems are frozen: what may touch them is off, and what must always work is on, whatever the lists say.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>Why a command is not carried out, as its client reads it.</summary>
    public string Reason => IsFrozen ? "the command is not allowed: the agent is in frozen state" : "the command is not allowed";

    private readonly HashSet<string> _allowed = [.. allowed];
    private readonly HashSet<string> _blocked = [.. blocked];

    public bool Allows(CommandSpec spec) => IsFrozen
        ? spec.Is(CommandTraits.FrozenSafe)
        : (_allowed.Count == 0 || _allowed.Contains(spec.Name)) && !_blocked.Contains(spec.Name);
}
