using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Domains;

/// <summary>
/// What an actor lets through: everything, or, from the moment that the guest is about to be frozen until it is thawed, what is safe while
/// frozen. The freeze actor closes and opens the gates of all.
/// </summary>
public sealed class Gate
{
    public bool IsClosed { get; internal set; }

    /// <summary>Why a command has to wait for the thaw; null if it need not.</summary>
    public QmpError? Refusal(CommandSpec spec) => IsClosed && !spec.Is(CommandTraits.FrozenSafe) ? FrozenOut(spec) : null;

    /// <summary>
    /// Why a command is not carried out; null if it is. What the administrator says of qemu-ga's commands counts only while the gate is open, as
    /// with qemu-ga.
    /// </summary>
    /// <param name="spec">The command.</param>
    /// <param name="filter">What the administrator says.</param>
    /// <param name="peer">Who asks; null if nobody knows.</param>
    public QmpError? Refusal(CommandSpec spec, CommandFilter filter, string? peer) =>
        Refusal(spec) ?? (IsClosed && !spec.Is(CommandTraits.Extension) ? null : filter.Refusal(spec, peer));

    /// <summary>The answer to a command that has to wait for the thaw.</summary>
    internal static QmpError FrozenOut(CommandSpec spec) =>
        QmpError.DisabledCommand(spec.Name, $"{CommandFilter.NotAllowed}: the agent is in frozen state");
}
