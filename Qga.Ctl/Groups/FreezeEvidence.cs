using Newtonsoft.Json.Linq;

namespace Qga.Ctl.Groups;

/// <summary>A guest's own record of its last freeze, as <c>__org.qga_freeze-report</c> tells it.</summary>
/// <param name="IsConsistent">Whether all that was asked for stayed frozen, and the hooks have succeeded.</param>
/// <param name="Reason">Why not; null if it says none.</param>
/// <param name="Together">For how long all of it was frozen at once; null if it does not say.</param>
/// <param name="Record">All of it, for the report.</param>
internal sealed record FreezeEvidence(bool IsConsistent, string? Reason, TimeSpan? Together, JObject Record)
{
    internal const string Command = "__org.qga_freeze-report";

    /// <summary>Asks for the last freeze alone.</summary>
    internal static JObject Arguments => new() { ["count"] = 1 };

    /// <param name="value">What the command has returned: a list, the last of which is the youngest.</param>
    /// <returns>Null if there is no record in it, or one that has no verdict yet.</returns>
    internal static FreezeEvidence? From(JToken value)
    {
        if ((value as JArray)?.LastOrDefault() is not JObject record || record["verdict"] is not JValue { Value: string verdict })
            return null;
        return new FreezeEvidence(
            verdict == "consistent",
            record["reason"] is JValue { Value: string reason } ? reason : null,
            TogetherIn(record),
            record);
    }

    private static TimeSpan? TogetherIn(JObject record) =>
        record["interval"] is JObject interval && interval["nanoseconds"] is JValue { Value: long length }
            ? TimeSpan.FromTicks(length / TimeSpan.NanosecondsPerTick)
            : null;
}
