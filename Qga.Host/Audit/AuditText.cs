using System.Globalization;
using Newtonsoft.Json.Linq;
using Qga.Host.Control;

namespace Qga.Host.Audit;

/// <summary>A record of the audit file for a person to read.</summary>
internal static class AuditText
{
    /// <summary>What has its place in the line, or says nothing to a person.</summary>
    private static readonly string[] Placed =
    [
        "prev", "hash", "seq", "time", "boot-id", "boot-us", "agent-pid", "kind",
        "channel", "peer", "command", "what", "result", "error", "duration-us", "decision",
    ];

    internal static string Of(JObject record)
    {
        var kind = (string?)record["kind"];
        List<string> words = [Time(record), kind switch
        {
            "request" => $"{record["command"]}",
            "begin" => $"{record["command"]} (begins)",
            _ => $"({kind})",
        }];
        if (record["what"] is JObject what)
            words.AddRange(what.Properties().Select(member => $"{member.Name}={Value(member.Value)}"));
        if (record["result"] is { } result)
            words.Add($"- {result}{(record["error"] is { } error ? $": {error}" : "")}{((string?)record["decision"] == "deny" ? " (denied)" : "")}");
        if ((long?)record["duration-us"] is { } duration)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"in {duration / 1000.0:0.0} ms"));
        words.AddRange(record.Properties().Where(member => !Placed.Contains(member.Name)).Select(member => $"{member.Name}={Value(member.Value)}"));
        if (record["peer"] is { } peer)
            words.Add($"by {peer}");
        return Printable.Of(string.Join(' ', words));
    }

    private static string Time(JObject record) =>
        DateTimeOffset.TryParse((string?)record["time"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff zzz", CultureInfo.InvariantCulture)
            : "?";

    private static string Value(JToken value) => value switch
    {
        JArray list => string.Join(',', list.Select(Value)),
        JObject members => $"({string.Join(' ', members.Properties().Select(member => $"{member.Name}={Value(member.Value)}"))})",
        JValue { Type: JTokenType.Boolean } flag => (bool)flag ? "true" : "false",
        _ => $"{value}",
    };
}
