using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>The commands that the agent speaks, in the order in which qemu-ga registers them.</summary>
public sealed class CommandCatalog
{
    private readonly List<CommandSpec> _specs = [];
    private readonly Dictionary<string, CommandSpec> _byName = [];

    /// <summary>A catalog with the commands of others.</summary>
    public CommandCatalog(params IEnumerable<CommandCatalog> others)
    {
        foreach (var spec in others.SelectMany(other => other.All))
            Add(spec);
    }

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
        Add(new CommandSpec(name, domain, parse, describe, deadline, traits));
        return this;
    }

    private void Add(CommandSpec spec)
    {
        _byName.Add(spec.Name, spec);
        _specs.Add(spec);
    }

    private bool Is(string name, CommandTraits trait) => Find(name) is { } spec && spec.Is(trait);
}
