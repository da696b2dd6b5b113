namespace Qga.Actors.Schema;

/// <summary>What a client has to know of a command and the catalog doesn't say. It stands beside the code that does it.</summary>
/// <param name="Summary">What the command is for; a sentence.</param>
public sealed record CommandDescription(string Summary)
{
    /// <summary>The version of qemu-ga that had it first; null for a command of ours alone.</summary>
    public string? Since { get; init; }

    /// <summary>One for each argument that the command's parser asks for, in its order.</summary>
    public IReadOnlyList<ArgumentDescription> Arguments { get; init; } = [];

    public SchemaType Result { get; init; } = SchemaType.Nothing;

    /// <summary>What is another afterwards, without a capital and a full stop; null if nothing is.</summary>
    public string? Changes { get; init; }

    /// <summary>Errors that a client may have to tell apart, beside those of form.</summary>
    public IReadOnlyList<ErrorDescription> Errors { get; init; } = [];

    /// <summary>What else has to be known, and where qemu-ga does otherwise; sentences.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>What is to be said of an argument; its type, and whether it may be left out, its parser says.</summary>
/// <param name="Name">The name on the wire.</param>
/// <param name="Meaning">What it says, without a capital and a full stop.</param>
public sealed record ArgumentDescription(string Name, string Meaning)
{
    /// <summary>What one of a number is: bytes, seconds, ...</summary>
    public string? Unit { get; init; }

    /// <summary>What stands for it if it is left out, as JSON has it: a long, a bool or a string.</summary>
    public object? Default { get; init; }

    public long? Minimum { get; init; }

    public long? Maximum { get; init; }

    /// <summary>The words that it may be, where its parser takes any string.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>Whether qemu-ga refuses it as unknown.</summary>
    public bool IsOurs { get; init; }

    /// <summary>Whether it is bytes as base64.</summary>
    public bool IsBase64 { get; init; }

    /// <summary>The name of the type of its elements, if it is a list of objects.</summary>
    public string? ElementType { get; init; }

    /// <summary>The members of these.</summary>
    public IReadOnlyList<ArgumentDescription> Members { get; init; } = [];
}

/// <summary>An error that a client may have to tell apart.</summary>
/// <param name="Text">Its desc; what differs from one to the next is in capitals.</param>
/// <param name="When">When it comes, without a capital and a full stop.</param>
public sealed record ErrorDescription(string Text, string When);
