namespace Qga.Actors.Schema;

/// <summary>The type of a value on the wire, as a client has to know it.</summary>
public abstract record SchemaType
{
    private SchemaType()
    {
    }

    /// <summary>A whole number of 64 bits with a sign.</summary>
    public static SchemaType Integer { get; } = new Scalar(ScalarKind.Integer);

    /// <summary>A whole number of 64 bits without a sign.</summary>
    public static SchemaType UnsignedInteger { get; } = new Scalar(ScalarKind.UnsignedInteger);

    /// <summary>A whole number of 64 bits, with a sign or without: a negative one stands for what it is in two's complement.</summary>
    public static SchemaType AnyInteger { get; } = new Scalar(ScalarKind.AnyInteger);

    /// <summary>A number with a fraction, as a double has it.</summary>
    public static SchemaType Number { get; } = new Scalar(ScalarKind.Number);

    public static SchemaType Boolean { get; } = new Scalar(ScalarKind.Boolean);

    public static SchemaType Text { get; } = new Scalar(ScalarKind.Text);

    /// <summary>A string that holds bytes as base64.</summary>
    public static SchemaType Base64 { get; } = new Scalar(ScalarKind.Base64);

    /// <summary>A string that is a point in time, by RFC 3339.</summary>
    public static SchemaType Time { get; } = new Scalar(ScalarKind.Time);

    /// <summary>An object without members, which a command without a result returns.</summary>
    public static SchemaType Nothing { get; } = new Structure("Nothing", "Nothing: an empty object.", []);

    public static SchemaType ListOf(SchemaType element) => new List(element);

    /// <summary>One of several words.</summary>
    public static SchemaType OneOf(string name, params IReadOnlyList<string> words) => new Words(name, words);

    /// <summary>An object.</summary>
    /// <param name="name">The protocol's name of the type.</param>
    /// <param name="meaning">What it is; a sentence.</param>
    /// <param name="members">In the order in which they are written.</param>
    public static SchemaType StructureOf(string name, string meaning, params IReadOnlyList<SchemaMember> members) =>
        new Structure(name, meaning, members);

    /// <summary>What a <see cref="Scalar"/> is.</summary>
    public enum ScalarKind
    {
        Integer,
        UnsignedInteger,
        AnyInteger,
        Number,
        Boolean,
        Text,
        Base64,
        Time,
    }

    /// <summary>A value that has no parts.</summary>
    public sealed record Scalar(ScalarKind Kind) : SchemaType;

    /// <summary>A string that is one of some words.</summary>
    public sealed record Words(string Name, IReadOnlyList<string> Values) : SchemaType;

    /// <summary>A list of values of one type.</summary>
    public sealed record List(SchemaType Element) : SchemaType;

    /// <summary>An object with named members.</summary>
    public sealed record Structure(string Name, string Meaning, IReadOnlyList<SchemaMember> Members) : SchemaType;

    /// <summary>A value of the one type or of the other.</summary>
    public sealed record Alternate(string Name, IReadOnlyList<SchemaType> Types) : SchemaType;
}

/// <summary>A member of an object, be it the arguments of a request or a result.</summary>
/// <param name="Name">The name on the wire.</param>
/// <param name="Type">What its value is.</param>
/// <param name="Meaning">What it says, without a capital and a full stop.</param>
public sealed record SchemaMember(string Name, SchemaType Type, string Meaning)
{
    /// <summary>Whether it may be left out; there is no null in the protocol.</summary>
    public bool IsOptional { get; init; }

    /// <summary>What one of a number is: bytes, seconds, ...</summary>
    public string? Unit { get; init; }

    /// <summary>What stands for an argument that is left out, as JSON has it: a long, a bool or a string.</summary>
    public object? Default { get; init; }

    /// <summary>Whether qemu-ga refuses it as unknown.</summary>
    public bool IsOurs { get; init; }

    public long? Minimum { get; init; }

    public long? Maximum { get; init; }
}
