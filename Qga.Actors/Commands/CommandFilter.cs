using Qga.Platform.Policy;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>
/// Which commands the administrator has carried out while nothing is frozen: all, or those of the allow list; less those of the block list, and
/// less those that no rule of the policy allows, whatever their arguments are.
/// </summary>
/// <param name="allowed">The allow list; empty for all.</param>
/// <param name="blocked">The block list.</param>
/// <param name="policy">The rules; null for none. What they say of arguments is for each request to see.</param>
public sealed class CommandFilter(IReadOnlyCollection<string> allowed, IReadOnlyCollection<string> blocked, GuestPolicy? policy = null)
{
    internal const string NotAllowed = "the command is not allowed";

    private readonly HashSet<string> _allowed = [.. allowed];
    private readonly HashSet<string> _blocked = [.. blocked];

    /// <summary>Null for none.</summary>
    public GuestPolicy? Policy => policy;

    /// <summary>Whether the command is carried out for some who may ask.</summary>
    public bool Allows(CommandSpec spec) => ListsAllow(spec) && policy?.CanAllow(spec.Name) != false;

    /// <summary>Whether the administrator's block list names the command.</summary>
    public bool Blocks(CommandSpec spec) => _blocked.Contains(spec.Name);

    /// <summary>Whether the lists leave the command.</summary>
    public bool ListsAllow(CommandSpec spec) => (_allowed.Count == 0 || _allowed.Contains(spec.Name)) && !Blocks(spec);

    /// <summary>The rule that denies the command to somebody whatever its arguments are; null if there is none.</summary>
    /// <param name="spec">The command.</param>
    /// <param name="peer">Who asks; null if nobody knows.</param>
    public PolicyRule? DisablingRule(CommandSpec spec, string? peer) =>
        ListsAllow(spec) && !PolicyAllows(spec, peer) ? policy!.DisablingRule(spec.Name, peer) : null;

    /// <summary>Why the command is not carried out; null if it is.</summary>
    /// <param name="spec">The command.</param>
    /// <param name="peer">Who asks; null if nobody knows.</param>
    public QmpError? Refusal(CommandSpec spec, string? peer) =>
        !ListsAllow(spec) ? QmpError.DisabledCommand(spec.Name, NotAllowed) :
        PolicyAllows(spec, peer) ? null :
        policy!.Fault is not { } fault ? QmpError.DisabledCommand(spec.Name, NotAllowed) :
        QmpError.DisabledCommand(spec.Name, $"{NotAllowed}: the guest's policy can't be used: {fault.Brief}");

    private bool PolicyAllows(CommandSpec spec, string? peer) => policy?.CanAllow(spec.Name, peer) != false;
}
