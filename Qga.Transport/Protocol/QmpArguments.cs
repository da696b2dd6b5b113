using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Transport.Protocol;

/// <summary>
/// The arguments of one request, read in the order of the schema: a command takes each of its parameters, then
/// <see cref="End"/> refuses what is left. Every error of form has its wire text here.
/// </summary>
public sealed class QmpArguments(JObject members)
{
    private readonly List<string> _taken = [];

    public string String(string name) => OptionalString(name) ?? throw Missing(name);

    public string? OptionalString(string name) => Take(name) is { } value ? StringOf(name, value) : null;

    public long Integer(string name) => OptionalInteger(name) ?? throw Missing(name);

    public long? OptionalInteger(string name) => Take(name) is { } value ? IntegerOf(name, value) : null;

    public IReadOnlyList<string>? OptionalStrings(string name) => Take(name) switch
    {
        null => null,
        JArray elements => [.. elements.Select((element, index) => StringOf($"{name}[{index}]", element))],
        _ => throw WrongType(name, "array"),
    };

    /// <summary>A string as UTF-8 bytes, for base64: a long one is handed over as it came in, without becoming text.</summary>
    public Memory<byte> Utf8(string name) => Take(name) switch
    {
        null => throw Missing(name),
        JValue { Type: JTokenType.Bytes } large => (byte[])large.Value!,
        { Type: JTokenType.String } text => Encoding.UTF8.GetBytes((string)text!),
        _ => throw WrongType(name, "string"),
    };

    /// <summary>An alternate of an integer and an enumeration: gives the one or the other.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="typeName">The schema's name of the alternate, for the error.</param>
    /// <param name="values">The words of the enumeration.</param>
    public (long? Integer, string? Word) IntegerOrWord(string name, string typeName, IReadOnlyList<string> values)
    {
        switch (Take(name))
        {
            case null:
                throw Missing(name);
            case { Type: JTokenType.Integer or JTokenType.Float } number:
                return (IntegerOf(name, number), null);
            case { Type: JTokenType.String or JTokenType.Bytes } text:
                var word = TextOf(text);
                return values.Contains(word)
                    ? (null, word)
                    : throw new CommandException($"Parameter '{name}' does not accept value '{word}'");
            default:
                throw WrongType(name, typeName);
        }
    }

    /// <summary>Refuses arguments that the command does not know.</summary>
    public void End()
    {
        foreach (var (name, _) in members)
        {
            if (!_taken.Contains(name))
                throw new CommandException($"Parameter '{name}' is unexpected");
        }
    }

    /// <summary>The text of a string, whichever form the reader gave it.</summary>
    internal static string TextOf(JToken text) =>
        text is JValue { Type: JTokenType.Bytes, Value: byte[] utf8 } ? Encoding.UTF8.GetString(utf8) : (string)text!;

    private static string StringOf(string name, JToken value) =>
        value.Type is JTokenType.String or JTokenType.Bytes ? TextOf(value) : throw WrongType(name, "string");

    private static long IntegerOf(string name, JToken value) =>
        value is JValue { Value: long number } ? number : throw WrongType(name, "integer");

    private static CommandException Missing(string name) => new($"Parameter '{name}' is missing");

    private static CommandException WrongType(string name, string expected) =>
        new($"Invalid parameter type for '{name}', expected: {expected}");

    private JToken? Take(string name)
    {
        _taken.Add(name);
        return members[name];
    }
}
