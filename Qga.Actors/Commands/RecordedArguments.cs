using Newtonsoft.Json.Linq;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Commands;

/// <summary>Arguments that note which of them a command's parser asks for, and as what; so the schema can't say otherwise.</summary>
internal sealed class RecordedArguments : QmpArguments
{
    private readonly List<SchemaMember> _members = [];

    private RecordedArguments()
        : base(new JObject())
    {
    }

    /// <returns>What the parser has asked for, in its order; without meanings.</returns>
    public static IReadOnlyList<SchemaMember> Of(Func<QmpArguments, ICommand> parse) => Of<ICommand>(parse, out _);

    public override string String(string name) => Note(name, SchemaType.Text, "", isOptional: false);

    public override string? OptionalString(string name) => Note<string?>(name, SchemaType.Text, value: null, isOptional: true);

    public override long Integer(string name) => Note(name, SchemaType.Integer, 0, isOptional: false);

    public override long? OptionalInteger(string name) => Note<long?>(name, SchemaType.Integer, value: null, isOptional: true);

    public override ulong UnsignedInteger(string name) => Note(name, SchemaType.AnyInteger, 0UL, isOptional: false);

    public override bool Boolean(string name) => Note(name, SchemaType.Boolean, value: false, isOptional: false);

    public override bool? OptionalBoolean(string name) => Note<bool?>(name, SchemaType.Boolean, value: null, isOptional: true);

    public override IReadOnlyList<string> Strings(string name) =>
        Note<IReadOnlyList<string>>(name, SchemaType.ListOf(SchemaType.Text), [], isOptional: false);

    public override IReadOnlyList<string>? OptionalStrings(string name) =>
        Note<IReadOnlyList<string>?>(name, SchemaType.ListOf(SchemaType.Text), value: null, isOptional: true);

    public override IReadOnlyList<T> Objects<T>(string name, Func<QmpArguments, T> read)
    {
        var members = Of(read, out var element);
        var type = new SchemaType.Structure(name, "", members);
        return Note<IReadOnlyList<T>>(name, SchemaType.ListOf(type), [element], isOptional: false);
    }

    public override TransferBuffer Utf8(string name) => Note(name, SchemaType.Text, TransferBuffer.Of(""), isOptional: false);

    public override TransferBuffer? OptionalUtf8(string name) =>
        Note<TransferBuffer?>(name, SchemaType.Text, value: null, isOptional: true);

    public override (long? Integer, string? Word) IntegerOrWord(string name, string typeName, IReadOnlyList<string> values)
    {
        var type = new SchemaType.Alternate(typeName, [SchemaType.Integer, SchemaType.OneOf($"{typeName}Word", values)]);
        return Note<(long?, string?)>(name, type, (0, null), isOptional: false);
    }

    public override (bool? Boolean, string? Word) OptionalBooleanOrWord(string name, string typeName, IReadOnlyList<string> values)
    {
        var type = new SchemaType.Alternate(typeName, [SchemaType.Boolean, SchemaType.OneOf($"{typeName}Word", values)]);
        return Note<(bool?, string?)>(name, type, (null, null), isOptional: true);
    }

    private static List<SchemaMember> Of<T>(Func<QmpArguments, T> parse, out T parsed)
    {
        var arguments = new RecordedArguments();
        parsed = parse(arguments);
        return arguments._members;
    }

    private T Note<T>(string name, SchemaType type, T value, bool isOptional)
    {
        _members.Add(new SchemaMember(name, type, "") { IsOptional = isOptional });
        return value;
    }
}
