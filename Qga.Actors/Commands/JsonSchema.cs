using Newtonsoft.Json.Linq;
using Qga.Actors.Schema;

namespace Qga.Actors.Commands;

/// <summary>
/// The commands as JSON Schema 2020-12: in <c>$defs</c> the types, in <c>properties</c> an entry a command, an object of its
/// <c>arguments</c> and its <c>return</c>. What JSON Schema has no word for is in <c>x-qga</c>.
/// </summary>
public sealed class JsonSchema
{
    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    private readonly SortedDictionary<string, JObject> _types = new(StringComparer.Ordinal);

    private JsonSchema()
    {
    }

    /// <param name="commands">What is in it.</param>
    /// <param name="version">The version of this agent.</param>
    public static JObject Of(IReadOnlyList<CommandSchema> commands, string version)
    {
        var schema = new JsonSchema();
        var entries = new JObject();
        foreach (var command in commands)
            entries[command.Name] = schema.EntryOf(command);
        return new JObject
        {
            ["$schema"] = Dialect,
            ["$id"] = $"urn:qga:{version}",
            ["title"] = "GuestAgent",
            ["description"] = "The commands of the guest agent. A request is {\"execute\": COMMAND, \"arguments\": ARGUMENTS}, "
                + "its answer {\"return\": RETURN} or {\"error\": ERROR}.",
            ["type"] = "object",
            ["properties"] = entries,
            ["$defs"] = new JObject(schema._types.Select(type => new JProperty(type.Key, type.Value))),
        };
    }

    private JObject EntryOf(CommandSchema command)
    {
        var name = PascalCase(command.Name);
        var arguments = Object($"What {command.Name} takes.", command.Arguments);
        arguments["additionalProperties"] = false;
        Define($"{name}Arguments", arguments);
        var entry = new JObject
        {
            ["title"] = $"{name}Exchange",
            ["description"] = command.Description.Summary,
            ["type"] = "object",
            ["properties"] = new JObject { ["arguments"] = Reference($"{name}Arguments"), ["return"] = TypeOf(command.Description.Result) },
            ["x-qga"] = FactsOf(command),
        };
        return entry;
    }

    private static JObject FactsOf(CommandSchema command)
    {
        var description = command.Description;
        var facts = new JObject
        {
            ["domain"] = command.Domain.ToLowerInvariant(),
            ["since"] = description.Since is { } since ? $"qemu-ga {since}" : "qga",
            ["while-frozen"] = command.IsFrozenSafe,
            ["success-response"] = command.HasSuccessResponse,
        };
        if (command.Deadline is { } deadline)
            facts["deadline-seconds"] = (long)deadline.TotalSeconds;
        if (description.Changes is { } changes)
            facts["changes"] = changes;
        if (description.Errors.Count > 0)
            facts["errors"] = new JArray(description.Errors.Select(error => new JObject { ["desc"] = error.Text, ["when"] = error.When }));
        if (description.Notes.Count > 0)
            facts["notes"] = new JArray(description.Notes);
        return facts;
    }

    private static JObject Reference(string name) => new() { ["$ref"] = $"#/$defs/{name}" };

    private JObject TypeOf(SchemaType type) => type switch
    {
        SchemaType.Scalar { Kind: var kind } => ScalarOf(kind),
        SchemaType.List list => new JObject { ["type"] = "array", ["items"] = TypeOf(list.Element) },
        SchemaType.Words words => Define(words.Name, new JObject { ["type"] = "string", ["enum"] = new JArray(words.Values) }),
        SchemaType.Alternate alternate => Define(alternate.Name, new JObject { ["oneOf"] = new JArray(alternate.Types.Select(TypeOf)) }),
        SchemaType.Structure structure => Define(structure.Name, Object(structure.Meaning, structure.Members)),
        _ => throw new InvalidOperationException($"unknown type {type}"),
    };

    private static JObject ScalarOf(SchemaType.ScalarKind kind) => kind switch
    {
        SchemaType.ScalarKind.Integer => new JObject
        {
            ["type"] = "integer",
            ["format"] = "int64",
            ["minimum"] = long.MinValue,
            ["maximum"] = long.MaxValue,
        },
        SchemaType.ScalarKind.UnsignedInteger => new JObject
        {
            ["type"] = "integer",
            ["format"] = "uint64",
            ["minimum"] = 0,
            ["maximum"] = ulong.MaxValue,
        },
        SchemaType.ScalarKind.AnyInteger => new JObject
        {
            ["type"] = "integer",
            ["minimum"] = long.MinValue,
            ["maximum"] = ulong.MaxValue,
        },
        SchemaType.ScalarKind.Number => new JObject { ["type"] = "number" },
        SchemaType.ScalarKind.Boolean => new JObject { ["type"] = "boolean" },
        SchemaType.ScalarKind.Text => new JObject { ["type"] = "string" },
        SchemaType.ScalarKind.Base64 => new JObject { ["type"] = "string", ["contentEncoding"] = "base64" },
        _ => new JObject { ["type"] = "string", ["format"] = "date-time" },
    };

    private JObject Object(string meaning, IReadOnlyList<SchemaMember> members)
    {
        var schema = new JObject
        {
            ["description"] = meaning,
            ["type"] = "object",
            ["properties"] = new JObject(members.Select(member => new JProperty(member.Name, MemberOf(member)))),
        };
        if (members.Where(member => !member.IsOptional).Select(member => member.Name).ToArray() is { Length: > 0 } required)
            schema["required"] = new JArray(required);
        return schema;
    }

    private JObject MemberOf(SchemaMember member)
    {
        var schema = TypeOf(member.Type);
        schema["description"] = member.Unit is { } unit ? $"{member.Meaning}; in {unit}" : member.Meaning;
        if (member.IsOurs)
            schema["x-qga-only"] = true;
        if (member.Minimum is { } minimum)
            schema["minimum"] = minimum;
        if (member.Maximum is { } maximum)
            schema["maximum"] = maximum;
        if (member.Default is { } value)
            schema["default"] = new JValue(value);
        return schema;
    }

    /// <summary>Puts a type among the definitions, once.</summary>
    /// <returns>A reference to it.</returns>
    /// <exception cref="InvalidOperationException">Two different types have that name.</exception>
    private JObject Define(string name, JObject type)
    {
        type.AddFirst(new JProperty("title", name));
        if (!_types.TryAdd(name, type) && !JToken.DeepEquals(_types[name], type))
            throw new InvalidOperationException($"two types are named {name}");
        return Reference(name);
    }

    private static string PascalCase(string name)
    {
        var words = name.Replace("__org.", "", StringComparison.Ordinal).Split('-', '_');
        return string.Concat(words.Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
    }
}
