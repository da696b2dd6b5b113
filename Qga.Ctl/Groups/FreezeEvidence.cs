using Newtonsoft.Json.Linq;

namespace Qga.Ctl.Groups;

/// <summary>A guest's own record of its last freeze, as <c>__org.qga_freeze-report</c> tells it.</summary>
/// <param name="Id">What tells the freeze from every other.</param>
/// <param name="State">How far it has got.</param>
/// <param name="IsConsistent">Whether all that was asked for stayed frozen to the end, and the hooks have succeeded; false until it is known.</param>
/// <param name="Reason">Why not; null if it says none.</param>
/// <param name="Record">All of it, for the report.</param>
internal sealed record FreezeEvidence(string Id, string State, bool IsConsistent, string? Reason, JObject Record)
{
    internal const string Command = "__org.qga_freeze-report";

    /// <summary>The states that count: before the snapshot, and after the thaw.</summary>
    internal const string Frozen = "frozen", Over = "over";

    /// <summary>Asks for the last freeze alone.</summary>
    internal static JObject Arguments => new() { ["count"] = 1 };

    /// <param name="value">What the command has returned: a list, the last of which is the youngest.</param>
    /// <returns>Null if there is no record in it.</returns>
    internal static FreezeEvidence? From(JToken value) =>
        (value as JArray)?.LastOrDefault() is JObject record && TextIn(record, "id") is { } id && TextIn(record, "state") is { } state
            ? new FreezeEvidence(id, state, TextIn(record, "verdict") == "consistent", TextIn(record, "reason"), record)
            : null;

    private static string? TextIn(JObject record, string name) => record[name] is JValue { Value: string text } ? text : null;
}
