using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>
/// Which commands the administrator has carried out while nothing is frozen: all, or those of the allow list; less those of the block list.
/// </summary>
public sealed class CommandFilter(IReadOnlyCollection<string> allowed, IReadOnlyCollection<string> blocked)
{
    internal const string NotAllowed = "the command is not allowed";

    private readonly HashSet<string> _allowed = [.. allowed];
    private readonly HashSet<string> _blocked = [.. blocked];

    public bool Allows(CommandSpec spec) => (_allowed.Count == 0 || _allowed.Contains(spec.Name)) && !Blocks(spec);

    /// <summary>Whether the administrator's block list names the command.</summary>
    public bool Blocks(CommandSpec spec) => _blocked.Contains(spec.Name);

    /// <summary>Why the command is not carried out; null if it is.</summary>
    public QmpError? Refusal(CommandSpec spec) => Allows(spec) ? null : QmpError.DisabledCommand(spec.Name, NotAllowed);
}
