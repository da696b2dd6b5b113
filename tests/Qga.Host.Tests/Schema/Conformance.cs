using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using Qga.Host.Schema;

namespace Qga.Host.Tests.Schema;

/// <summary>
/// Holds requests and answers against the published schema; more strictly than a client may: an answer has no member that the schema
/// doesn't know.
/// </summary>
internal static class Conformance
{
    private static readonly Lazy<IReadOnlyDictionary<string, (JsonSchema Arguments, JsonSchema Return)>> Schemas = new(Load);

    /// <summary>Asserts that an exchange is as the schema says, if it is one: JSON as others know it, and answered with success.</summary>
    /// <param name="request">As a client wrote it.</param>
    /// <param name="answer">As the agent wrote it; null where there was none.</param>
    internal static bool TryAssertValid(string request, string? answer)
    {
        if (TryParse(request) is not { } asked || TryParse(answer?.TrimStart('\xFF') ?? "{}") is not { } answered || answered.ContainsKey("error"))
            return false;
        AssertValid((string)asked["execute"]!, asked["arguments"], answered["return"]);
        return true;
    }

    /// <summary>Asserts that a request that was answered with success is as the schema says, and the answer too.</summary>
    /// <param name="command">The command's name.</param>
    /// <param name="arguments">The arguments, if there were any.</param>
    /// <param name="returned">What was returned; null where success is not answered.</param>
    internal static void AssertValid(string command, JToken? arguments, JToken? returned)
    {
        var (argumentSchema, returnSchema) = Schemas.Value[command];
        AssertValid(argumentSchema, arguments ?? new JObject(), $"the arguments of {command}");
        if (returned is not null)
            AssertValid(returnSchema, returned, $"what {command} returned");
    }

    /// <summary>Whether the schema allows these arguments.</summary>
    internal static bool Allows(string command, JToken arguments) => Evaluate(Schemas.Value[command].Arguments, arguments).IsValid;

    private static JObject? TryParse(string text)
    {
        using var reader = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None };
        try
        {
            return JToken.ReadFrom(reader) as JObject;
        }
        catch (JsonReaderException)
        {
            return null;
        }
    }

    private static void AssertValid(JsonSchema schema, JToken value, string what)
    {
        var results = Evaluate(schema, value);
        Assert.True(results.IsValid, $"{what} is not what the schema says: {value}\n{ErrorsOf(results)}");
    }

    private static EvaluationResults Evaluate(JsonSchema schema, JToken value)
    {
        using var document = JsonDocument.Parse(value.ToString(Formatting.None));
        return schema.Evaluate(document.RootElement.Clone(), new EvaluationOptions { OutputFormat = OutputFormat.List });
    }

    private static string ErrorsOf(EvaluationResults results) => string.Join('\n',
        from detail in results.Details ?? []
        from error in detail.Errors ?? []
        select $"{detail.InstanceLocation}: {error.Value}");

    private static Dictionary<string, (JsonSchema Arguments, JsonSchema Return)> Load()
    {
        var document = JsonNode.Parse(ProtocolSchema.Json)!.AsObject();
        var definitions = document["$defs"]!.AsObject();
        foreach (var (_, definition) in definitions)
        {
            if ((string?)definition!["type"] == "object")
                definition["additionalProperties"] = false;
        }

        return document["properties"]!.AsObject().ToDictionary(
            entry => entry.Key,
            entry => (Part(entry.Key, "arguments"), Part(entry.Key, "return")));

        JsonSchema Part(string command, string part)
        {
            var schema = document["properties"]![command]!["properties"]![part]!.DeepClone().AsObject();
            schema["$schema"] = document["$schema"]!.DeepClone();
            schema["$defs"] = definitions.DeepClone();
            return JsonSchema.FromText(schema.ToJsonString());
        }
    }
}
