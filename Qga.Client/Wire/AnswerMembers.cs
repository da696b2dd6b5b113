using System.Globalization;
using System.Numerics;
using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>Reads the members of an object in an answer, each by its name and as what it has to be. What is not known is passed over.</summary>
/// <param name="value">The object.</param>
/// <param name="type">What the protocol calls it.</param>
internal readonly struct AnswerMembers(JToken value, string type)
{
    private readonly JObject _members = value as JObject ?? throw Bad(value, $"{type}, an object");

    internal long Integer(string name) => IntegerOf(Required(name), Place(name));

    internal long? OptionalInteger(string name) => Optional(name) is { } value ? IntegerOf(value, Place(name)) : null;

    internal ulong UnsignedInteger(string name) => UnsignedIntegerOf(Required(name), Place(name));

    internal ulong? OptionalUnsignedInteger(string name) => Optional(name) is { } value ? UnsignedIntegerOf(value, Place(name)) : null;

    internal double Number(string name) => NumberOf(Required(name), Place(name));

    internal double? OptionalNumber(string name) => Optional(name) is { } value ? NumberOf(value, Place(name)) : null;

    internal bool Boolean(string name) => BooleanOf(Required(name), Place(name));

    internal bool? OptionalBoolean(string name) => Optional(name) is { } value ? BooleanOf(value, Place(name)) : null;

    internal string Text(string name) => TextOf(Required(name), Place(name));

    internal string? OptionalText(string name) => Optional(name) is { } value ? TextOf(value, Place(name)) : null;

    internal byte[] Base64(string name) => Base64Of(Required(name), Place(name));

    internal byte[]? OptionalBase64(string name) => Optional(name) is { } value ? Base64Of(value, Place(name)) : null;

    internal DateTimeOffset Time(string name) => TimeOf(Required(name), Place(name));

    internal DateTimeOffset? OptionalTime(string name) => Optional(name) is { } value ? TimeOf(value, Place(name)) : null;

    internal T Structure<T>(string name, Func<JToken, T> read) => read(Required(name));

    internal T? OptionalStructure<T>(string name, Func<JToken, T> read)
        where T : class => Optional(name) is { } value ? read(value) : null;

    internal IReadOnlyList<T> List<T>(string name, Func<JToken, T> read) => ListOf(Required(name), read, Place(name));

    internal IReadOnlyList<T>? OptionalList<T>(string name, Func<JToken, T> read) =>
        Optional(name) is { } value ? ListOf(value, read, Place(name)) : null;

    internal static IReadOnlyList<T> ListOf<T>(JToken value, Func<JToken, T> read, string what = "the result") =>
        value is JArray elements ? [.. elements.Select(read)] : throw Bad(value, $"{what}, a list");

    internal static long IntegerOf(JToken value, string what = "the result") =>
        value is JValue { Value: long number } ? number : throw Bad(value, $"{what}, a whole number of 64 bits");

    internal static ulong UnsignedIntegerOf(JToken value, string what = "the result") => value switch
    {
        // Some counters of qemu-ga get a sign on their way.
        JValue { Value: long number } => unchecked((ulong)number),
        JValue { Value: BigInteger number } when number >= 0 && number <= ulong.MaxValue => (ulong)number,
        _ => throw Bad(value, $"{what}, a whole number of 64 bits without a sign"),
    };

    internal static double NumberOf(JToken value, string what = "the result") => value switch
    {
        JValue { Value: double number } => number,
        JValue { Value: long number } => number,
        JValue { Value: BigInteger number } => (double)number,
        _ => throw Bad(value, $"{what}, a number"),
    };

    internal static bool BooleanOf(JToken value, string what = "the result") =>
        value is JValue { Value: bool truth } ? truth : throw Bad(value, $"{what}, true or false");

    internal static string TextOf(JToken value, string what = "the result") =>
        value is JValue { Value: string text } ? text : throw Bad(value, $"{what}, a text");

    internal static byte[] Base64Of(JToken value, string what = "the result")
    {
        var text = TextOf(value, what);
        var bytes = new byte[text.Length / 4 * 3];
        return Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : throw Bad(value, $"{what}, base64");
    }

    internal static DateTimeOffset TimeOf(JToken value, string what = "the result") =>
        DateTimeOffset.TryParse(TextOf(value, what), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
            ? time
            : throw Bad(value, $"{what}, a time of RFC 3339");

    private JToken Required(string name) => Optional(name) ?? throw new QgaProtocolException($"an answer lacks '{name}' of {type}");

    private JToken? Optional(string name) => _members[name] is { Type: not JTokenType.Null } value ? value : null;

    private string Place(string name) => $"'{name}' of {type}";

    private static QgaProtocolException Bad(JToken value, string expected) => new($"an answer has a {value.Type} for {expected}");
}
