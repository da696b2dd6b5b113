using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>
/// Which commands are carried out. While filesystems are frozen: those that are safe then, whatever the administrator's lists
/// say. Else all, or those of the allow list; less those of the block list.
/// </summary>
public sealed class CommandFilter(IReadOnlyCollection<string> allowed, IReadOnlyCollection<string> blocked)
{
    private const string NotAllowed = "the command is not allowed";

    private readonly HashSet<string> _allowed = [.. allowed];
    private readonly HashSet<string> _blocked = [.. blocked];

    /// <summary>The answer to a command that has to wait for the thaw.</summary>
    public static QmpError FrozenOut(CommandSpec spec) =>
        QmpError.DisabledCommand(spec.Name, $"{NotAllowed}: the agent is in frozen state");

    public bool Allows(CommandSpec spec, bool isFrozen) => Refusal(spec, isFrozen) is null;

    /// <summary>Whether the administrator's block list names the command.</summary>
    public bool Blocks(CommandSpec spec) => _blocked.Contains(spec.Name);

    /// <summary>Why the command is not carried out; null if it is.</summary>
    public QmpError? Refusal(CommandSpec spec, bool isFrozen)
    {
        if (isFrozen)
            return spec.Is(CommandTraits.FrozenSafe) ? null : FrozenOut(spec);
        return (_allowed.Count == 0 || _allowed.Contains(spec.Name)) && !Blocks(spec)
            ? null
            : QmpError.DisabledCommand(spec.Name, NotAllowed);
    }
}
