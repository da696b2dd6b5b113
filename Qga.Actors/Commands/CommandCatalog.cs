using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>The commands that the agent speaks, in the order in which qemu-ga registers them.</summary>
public sealed class CommandCatalog
{
    private readonly List<CommandSpec> _specs = [];
    private readonly Dictionary<string, CommandSpec> _byName = [];

    /// <summary>In the order of registration.</summary>
    public IReadOnlyList<CommandSpec> All => _specs;

    public CommandSpec? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether there is a command of that name, and it is a sync.</summary>
    public bool IsSync(string name) => Is(name, CommandTraits.Sync);

    /// <summary>Whether there is a command of that name, and it is carried out at once.</summary>
    public bool IsImmediate(string name) => Is(name, CommandTraits.Immediate);

    public CommandCatalog Add(
        string name,
        Domain domain,
        Func<QmpArguments, ICommand> parse,
        Func<CommandDescription> describe,
        TimeSpan? deadline = null,
        CommandTraits traits = CommandTraits.None)
    {
        var spec = new CommandSpec(name, domain, parse, describe, deadline, traits);
        _byName.Add(name, spec);
        _specs.Add(spec);
        return this;
    }

    private bool Is(string name, CommandTraits trait) => Find(name) is { } spec && spec.Is(trait);
}
