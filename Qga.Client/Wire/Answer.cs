using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>What an agent has answered to a request.</summary>
/// <param name="Value">What it returned; null for an error.</param>
/// <param name="Error">The class and the description of the error; null for a success.</param>
/// <param name="Id">The id of the request, if it repeats one.</param>
internal sealed record Answer(JToken? Value, (string Class, string Description)? Error, long? Id)
{
    /// <summary>How much of what is no answer an error repeats.</summary>
    private const int Excerpt = 100;

    /// <summary>How much of an error's description is kept; in characters.</summary>
    private const int LongestDescription = 16 << 10;

    /// <summary>What was base64 in the result; valid until the next answer of the connection.</summary>
    internal ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>What the command returned.</summary>
    /// <exception cref="QgaCommandException">It was an error.</exception>
    internal JToken ReturnOf(string command) => Error is { } error
        ? throw new QgaCommandException(command, error.Class, error.Description)
        : Value!;

    /// <param name="line">A line without its LF.</param>
    /// <param name="payloadName">The member whose base64 becomes the payload; null for none.</param>
    /// <param name="buffer">What the payload is decoded into, if it has room.</param>
    /// <exception cref="QgaProtocolException">It is no answer.</exception>
    internal static Answer Parse(ReadOnlySpan<byte> line, string? payloadName, ref byte[] buffer)
    {
        var (text, payload) = Cut(line, payloadName, ref buffer);
        if (TryParse(text) is not { } answer)
            throw new QgaProtocolException($"what came is no answer of a guest agent: '{Start(text)}'");

        // The answer to a request that could not be parsed repeats no id, nor does one to an id that is no number.
        var id = answer["id"] is JValue { Type: JTokenType.Integer, Value: long number } ? number : (long?)null;
        return answer switch
        {
            _ when answer["error"] is JObject error => new Answer(null, (TextOf(error["class"]) ?? "GenericError", DescriptionOf(error)), id),
            _ when answer["return"] is { } value => new Answer(value, null, id) { Payload = payload ?? PayloadOf(value, payloadName) },
            _ => throw new QgaProtocolException($"what came is neither a success nor an error: '{Start(text)}'"),
        };
    }

    /// <summary>The JSON of a text; null if it is no object, or deeper or of more parts than any answer.</summary>
    internal static JObject? TryParse(string text)
    {
        using var reader = new BoundedReader(text);
        try
        {
            return JToken.ReadFrom(reader) as JObject;
        }
        catch (JsonReaderException)
        {
            return null;
        }
    }

    private static string? TextOf(JToken? value) => value is JValue { Value: string text } ? text : null;

    private static string DescriptionOf(JObject error)
    {
        var text = TextOf(error["desc"]) ?? TextOf(error["class"]) ?? "an error without a description";
        return text.Length > LongestDescription ? $"{text[..LongestDescription]}..." : text;
    }

    /// <summary>What <see cref="Cut"/> has left to the parser: base64 with escapes in it.</summary>
    private static ReadOnlyMemory<byte> PayloadOf(JToken value, string? payloadName) =>
        payloadName is not null && value is JObject members && members[payloadName] is { } text
            ? AnswerMembers.Base64Of(text, $"'{payloadName}'")
            : default;

    /// <summary>Megabytes of base64 need not become text, and JSON has nothing else in them.</summary>
    private static (string Text, ReadOnlyMemory<byte>? Payload) Cut(ReadOnlySpan<byte> bytes, string? payloadName, ref byte[] buffer)
    {
        if (payloadName is null || bytes.IndexOf(Encoding.ASCII.GetBytes($"\"{payloadName}\"")) is not (>= 0 and var member))
            return (Encoding.UTF8.GetString(bytes), null);

        var begin = member + payloadName.Length + 2;
        while (begin < bytes.Length && bytes[begin] is (byte)' ' or (byte)':')
            begin++;
        if (begin == bytes.Length || bytes[begin] != (byte)'"')
            return (Encoding.UTF8.GetString(bytes), null);
        begin++;

        var length = bytes[begin..].IndexOf((byte)'"');
        if (length < 0)
            return (Encoding.UTF8.GetString(bytes), null);
        if (buffer.Length < Base64.GetMaxDecodedFromUtf8Length(length))
            buffer = new byte[Base64.GetMaxDecodedFromUtf8Length(length)];
        if (Base64.DecodeFromUtf8(bytes.Slice(begin, length), buffer, out _, out var written) != OperationStatus.Done)
            return (Encoding.UTF8.GetString(bytes), null);
        return (Encoding.UTF8.GetString(bytes[..begin]) + Encoding.UTF8.GetString(bytes[(begin + length)..]), buffer.AsMemory(0, written));
    }

    /// <summary>Reads what an answer can be: without a bound, ten megabytes of commas take half a gigabyte.</summary>
    private sealed class BoundedReader : JsonTextReader
    {
        private const int Deepest = 64;
        private const int MostTokens = 1 << 20;

        private int _tokens;

        internal BoundedReader(string text)
            : base(new StringReader(text)) => (DateParseHandling, MaxDepth) = (DateParseHandling.None, Deepest);

        public override bool Read() => ++_tokens <= MostTokens ? base.Read() : throw new JsonReaderException($"more than {MostTokens} tokens");
    }

    private static string Start(string text) => text.Length > Excerpt ? $"{text[..Excerpt]}..." : text;
}
