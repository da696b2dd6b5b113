using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Transport.Protocol;

/// <summary>
/// The arguments of one request, read in the order of the schema: a command takes each of its parameters, then
/// <see cref="End"/> refuses what is left. Every error of form has its wire text here.
/// </summary>
/// <param name="members">The arguments.</param>
/// <param name="path">What goes before their names in errors: where they are in the arguments of the request.</param>
public class QmpArguments(JObject members, string path = "")
{
    /// <summary>The most bytes of a string, but for base64: more than a path, an argument of a program or a key may have.</summary>
    private const int MostText = 1024 * 1024;

    private readonly List<string> _taken = [];

    public virtual string String(string name) => OptionalString(name) ?? throw Missing(name);

    public virtual string? OptionalString(string name) => Take(name) is { } value ? StringOf(name, value) : null;

    public virtual long Integer(string name) => OptionalInteger(name) ?? throw Missing(name);

    public virtual long? OptionalInteger(string name) => Take(name) is { } value ? IntegerOf(name, value) : null;

    /// <summary>A number of 64 bits without a sign; a negative one stands for what it is in two's complement, as with qemu-ga.</summary>
    public virtual ulong UnsignedInteger(string name) => Take(name) switch
    {
        null => throw Missing(name),
        JValue { Value: long number } => (ulong)number,
        JValue { Value: ulong number } => number,
        _ => throw new CommandException($"Parameter '{path}{name}' expects uint64"),
    };

    public virtual bool Boolean(string name) => OptionalBoolean(name) ?? throw Missing(name);

    public virtual bool? OptionalBoolean(string name) => Take(name) switch
    {
        null => null,
        JValue { Value: bool value } => value,
        _ => throw WrongType(name, "boolean"),
    };

    public virtual IReadOnlyList<string> Strings(string name) => OptionalStrings(name) ?? throw Missing(name);

    public virtual IReadOnlyList<string>? OptionalStrings(string name) =>
        Elements(name)?.Select((element, index) => StringOf($"{name}[{index}]", element)).ToList();

    /// <summary>A list of objects, each read like the arguments of a request and closed by <see cref="End"/>.</summary>
    public virtual IReadOnlyList<T> Objects<T>(string name, Func<QmpArguments, T> read) =>
        Elements(name)?.Select((element, index) => ObjectOf($"{name}[{index}]", element, read)).ToList() ?? throw Missing(name);

    /// <summary>A string as UTF-8 bytes, for base64: a long one is handed over as it came in, without becoming text.</summary>
    /// <returns>A buffer that is the caller's to change, and to give back.</returns>
    public virtual TransferBuffer Utf8(string name) => OptionalUtf8(name) ?? throw Missing(name);

    /// <inheritdoc cref="Utf8"/>
    public virtual TransferBuffer? OptionalUtf8(string name) => Take(name) switch
    {
        null => null,
        LongString text => text.Utf8,
        { Type: JTokenType.String } text => TransferBuffer.Of((string)text!),
        _ => throw WrongType(name, "string"),
    };

    /// <summary>An alternate of an integer and an enumeration: gives the one or the other.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="typeName">The schema's name of the alternate, for the error.</param>
    /// <param name="values">The words of the enumeration.</param>
    public virtual (long? Integer, string? Word) IntegerOrWord(string name, string typeName, IReadOnlyList<string> values)
    {
        switch (Take(name))
        {
            case null:
                throw Missing(name);
            case { Type: JTokenType.Integer or JTokenType.Float } number:
                return (IntegerOf(name, number), null);
            case { Type: JTokenType.String or JTokenType.Bytes } text:
                return (null, WordOf(name, text, values));
            default:
                throw WrongType(name, typeName);
        }
    }

    /// <summary>An alternate of a boolean and an enumeration: gives the one or the other, or neither if it is absent.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="typeName">The schema's name of the alternate, for the error.</param>
    /// <param name="values">The words of the enumeration.</param>
    public virtual (bool? Boolean, string? Word) OptionalBooleanOrWord(string name, string typeName, IReadOnlyList<string> values) =>
        Take(name) switch
        {
            null => (null, null),
            JValue { Value: bool value } => (value, null),
            { Type: JTokenType.String or JTokenType.Bytes } text => (null, WordOf(name, text, values)),
            _ => throw WrongType(name, typeName),
        };

    /// <summary>Refuses arguments that the command does not know.</summary>
    public void End()
    {
        foreach (var (name, _) in members)
        {
            if (!_taken.Contains(name))
                throw new CommandException($"Parameter '{path}{QmpError.Quoted(name)}' is unexpected");
        }
    }

    /// <summary>The text of a string, whichever form the reader gave it; of a long one the beginning, which is longer than any name.</summary>
    internal static string NameOf(JToken text)
    {
        if (text is not LongString { Utf8.Memory.Span: var utf8 })
            return (string)text!;
        return utf8.Length <= QmpError.MostQuoted ? Encoding.UTF8.GetString(utf8) : $"{Encoding.UTF8.GetString(utf8[..QmpError.MostQuoted])}...";
    }

    private string StringOf(string name, JToken value) =>
        value.Type is JTokenType.String or JTokenType.Bytes ? TextOf(name, value) : throw WrongType(name, "string");

    /// <summary>The text of a string, whichever form the reader gave it.</summary>
    private string TextOf(string name, JToken text)
    {
        if (text is not LongString { Utf8.Memory.Span: var utf8 })
            return (string)text!;
        return utf8.Length <= MostText
            ? Encoding.UTF8.GetString(utf8)
            : throw new CommandException($"Parameter '{path}{name}' has {utf8.Length} bytes, more than {MostText}");
    }

    private long IntegerOf(string name, JToken value) =>
        value is JValue { Value: long number } ? number : throw WrongType(name, "integer");

    private string WordOf(string name, JToken value, IReadOnlyList<string> words)
    {
        var word = TextOf(name, value);
        return words.Contains(word) ? word : throw new CommandException($"Parameter '{path}{name}' does not accept value '{QmpError.Quoted(word)}'");
    }

    private T ObjectOf<T>(string name, JToken value, Func<QmpArguments, T> read)
    {
        var arguments = new QmpArguments(value as JObject ?? throw WrongType(name, "object"), $"{path}{name}.");
        var result = read(arguments);
        arguments.End();
        return result;
    }

    private JArray? Elements(string name) => Take(name) switch
    {
        null => null,
        JArray elements => elements,
        _ => throw WrongType(name, "array"),
    };

    private CommandException Missing(string name) => new($"Parameter '{path}{name}' is missing");

    private CommandException WrongType(string name, string expected) =>
        new($"Invalid parameter type for '{path}{name}', expected: {expected}");

    private JToken? Take(string name)
    {
        _taken.Add(name);
        return members[name];
    }
}
