using Newtonsoft.Json.Linq;

namespace Qga.Ctl.Groups;

/// <summary>A guest's own record of its last freeze, as <c>__org.qga_freeze-report</c> tells it.</summary>
/// <param name="IsConsistent">Whether all that was asked for stayed frozen, and the hooks have succeeded.</param>
/// <param name="Reason">Why not; null if it says none.</param>
/// <param name="Record">All of it, for the report.</param>
internal sealed record FreezeEvidence(bool IsConsistent, string? Reason, JObject Record)
{
    internal const string Command = "__org.qga_freeze-report";

    private const string Consistent = "consistent";

    /// <param name="value">What the command has returned: the records, the last of which is the youngest, or that one alone.</param>
    /// <returns>Null if there is no record in it.</returns>
    internal static FreezeEvidence? From(JToken value)
    {
        var record = value switch
        {
            JObject { Count: > 0 } one when one["verdict"] is not null => one,
            JObject { Count: > 0 } list => list.Properties().Select(member => member.Value).OfType<JArray>().FirstOrDefault()?.LastOrDefault() as JObject,
            JArray list => list.LastOrDefault() as JObject,
            _ => null,
        };
        return record is null ? null : new FreezeEvidence((string?)record["verdict"] == Consistent, (string?)record["reason"], record);
    }
}
