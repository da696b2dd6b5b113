using Qga.Actors.Schema;

namespace Qga.Actors.Commands;

/// <summary>All that is to be known of one command: what its parser asks for, what the catalog says, and what is written beside its code.</summary>
/// <param name="Name">The name on the wire.</param>
/// <param name="Domain">The chapter that it belongs to.</param>
/// <param name="Description">What is written beside its code.</param>
/// <param name="Arguments">In the order in which they are checked.</param>
public sealed record CommandSchema(string Name, string Domain, CommandDescription Description, IReadOnlyList<SchemaMember> Arguments)
{
    /// <summary>When its client is told that it has not finished; null where the host waits on purpose, or there is nothing to wait for.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Whether it is answered while filesystems are frozen.</summary>
    public bool IsFrozenSafe { get; init; }

    /// <summary>Whether success is answered at all.</summary>
    public bool HasSuccessResponse { get; init; } = true;

    /// <summary>Whether qemu-ga has it too.</summary>
    public bool IsOurs => Description.Since is null;

    /// <exception cref="InvalidOperationException">The description names other arguments than the parser asks for.</exception>
    public static CommandSchema Of(CommandSpec spec)
    {
        var description = spec.Describe();
        return new CommandSchema(
            spec.Name, spec.Domain.ToString(), description, Described(spec.Name, RecordedArguments.Of(spec.Parse), description.Arguments))
        {
            Deadline = spec.Deadline,
            IsFrozenSafe = spec.Is(CommandTraits.FrozenSafe),
            HasSuccessResponse = !spec.Is(CommandTraits.NoSuccessResponse),
        };
    }

    private static IReadOnlyList<SchemaMember> Described(
        string owner, IReadOnlyList<SchemaMember> recorded, IReadOnlyList<ArgumentDescription> described)
    {
        var names = recorded.Select(member => member.Name).ToList();
        if (!names.SequenceEqual(described.Select(argument => argument.Name)))
            throw new InvalidOperationException($"{owner} takes '{string.Join(", ", names)}', which is not what its description says");
        return [.. recorded.Zip(described, Described)];
    }

    private static SchemaMember Described(SchemaMember member, ArgumentDescription argument) => member with
    {
        Meaning = argument.Meaning,
        Type = TypeOf(member.Type, argument),
        IsOurs = argument.IsOurs,
        Unit = argument.Unit,
        Default = argument.Default,
        Minimum = argument.Minimum,
        Maximum = argument.Maximum,
    };

    private static SchemaType TypeOf(SchemaType type, ArgumentDescription argument) => type switch
    {
        SchemaType.List { Element: SchemaType.Structure element } => SchemaType.ListOf(element with
        {
            Name = argument.ElementType ?? throw new InvalidOperationException($"the elements of '{argument.Name}' have no type"),
            Meaning = $"One of '{argument.Name}'.",
            Members = Described(argument.Name, element.Members, argument.Members),
        }),
        _ when argument.IsBase64 => SchemaType.Base64,
        _ when argument.Words is { } words => SchemaType.OneOf(argument.ElementType ?? argument.Name, words),
        _ => type,
    };
}
