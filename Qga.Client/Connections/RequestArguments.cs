using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>The arguments of a request that is not sent as it is, as the caller has put them together.</summary>
internal readonly struct RequestArguments(Request request)
{
    private readonly string _command = request.Command;
    private readonly JObject _members = request.Arguments ?? [];

    internal bool Has(string name) => _members[name] is not null;

    /// <exception cref="ArgumentException">It is none.</exception>
    internal string Text(string name) => OptionalText(name) ?? throw Bad(name, "a text");

    /// <exception cref="ArgumentException">It is no text.</exception>
    internal string? OptionalText(string name) => _members[name] switch
    {
        null => null,
        JValue { Value: string text } => text,
        _ => throw Bad(name, "a text"),
    };

    /// <exception cref="ArgumentException">It is no list of texts.</exception>
    internal IReadOnlyList<string> Texts(string name)
    {
        var command = this;
        return _members[name] switch
        {
            null => [],
            JArray words => [.. words.Select(word => word is JValue { Value: string text } ? text : throw command.Bad(name, "a list of texts"))],
            _ => throw Bad(name, "a list of texts"),
        };
    }

    /// <exception cref="ArgumentException">It is none.</exception>
    internal long Integer(string name) => OptionalInteger(name) ?? throw Bad(name, "a whole number");

    /// <exception cref="ArgumentException">It is no whole number.</exception>
    internal long? OptionalInteger(string name) => _members[name] switch
    {
        null => null,
        JValue { Value: long number } => number,
        _ => throw Bad(name, "a whole number"),
    };

    /// <exception cref="ArgumentException">It is no base64.</exception>
    internal byte[]? OptionalBytes(string name)
    {
        if (OptionalText(name) is not { } text)
            return null;
        var bytes = new byte[text.Length / 4 * 3];
        return Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : throw Bad(name, "base64");
    }

    private ArgumentException Bad(string name, string expected) => new($"{_command}: it is not {expected}", name);
}
