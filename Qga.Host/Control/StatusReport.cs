using System.Globalization;
using Newtonsoft.Json.Linq;

namespace Qga.Host.Control;

/// <summary>An agent's status for a person to read.</summary>
internal static class StatusReport
{
    internal static void Write(JObject status, TextWriter output)
    {
        output.WriteLine($"qga {status["version"]} (protocol {status["protocol"]}), process {status["pid"]}, since {Time(status["started"])}");
        Line("configuration", status["configuration"] ?? "none");
        foreach (var warning in status["warnings"] ?? new JArray())
            Line((string)warning["severity"]!, warning["text"]);
        Line("state", status["state-directory"]);
        Line("channel", Channel(status["channel"]!));
        foreach (var connection in status["channel"]!["connections"]!)
            Line("connected", $"{connection["peer"]}, since {Time(connection["since"])}");
        Line("filesystems", Freeze(status["freeze"]!));
        if (status["last-freeze"] is { } last)
            Line("last freeze", LastFreeze(last));
        Line("hook", status["hook"] is { } hook ? $"{hook["path"]}, {hook["timeout"]} s at most" : "none");
        foreach (var program in status["hook"]?["programs"] ?? new JArray())
            Line("", program);
        if (status["policy"] is { } policy)
            Line("policy", Policy(policy));
        foreach (var command in status["disabled-commands"]!)
            Line("disabled", $"{command["name"]}, {command["by"]}");
        foreach (var command in status["limited-commands"] ?? new JArray())
            Line("limited", $"{command["name"]}, {command["by"]}");
        foreach (var sink in status["audit"] ?? new JArray())
            Line("audit", Audit(sink));
        Line("stuck", $"{status["stuck-workers"]!["count"]} workers; at {status["stuck-workers"]!["most"]} commands are refused");
        foreach (var work in status["stuck-workers"]!["in"]!)
            Line("", $"{work["name"]}, for {Seconds(work["seconds"])}");
        output.WriteLine("last requests:");
        foreach (var request in status["requests"]!)
            output.WriteLine(
                $"  {Time(request["began"])}  {request["result"],-8}  {Seconds(request["seconds"]),10}  {Printable.Of(request["command"])}");

        void Line(string name, object? value) => output.WriteLine($"{name,-14}{Printable.Of(value)}");
    }

    private static string Channel(JToken channel)
    {
        var name = channel["path"] is { } path ? $"{channel["method"]} {path}" : $"{channel["method"]}, passed by the service manager";
        return (bool?)channel["has-opened"] == true ? name : $"{name}, which can't be opened";
    }

    private static string Policy(JToken policy)
    {
        var rules = policy["fault"] is { } fault ? $"all is refused: {fault}" : $"{policy["rules"]} rules in {policy["directory"]}";
        if (policy["rejected"] is { } rejected)
            rules = $"{rules}, older than those there, which were not taken: {rejected}";
        return (string?)policy["mode"] == "enforce" ? rules : $"{rules}, not enforced";
    }

    private static string Audit(JToken sink)
    {
        var name = sink["path"] is { } path ? $"{sink["sink"]} {path}" : $"{sink["sink"]}";
        var lost = (long?)sink["lost"] > 0 ? $", {sink["lost"]} lost" : "";
        var waiting = (long?)sink["waiting"] > 0 ? $", {sink["waiting"]} wait" : "";
        return $"{name}, {sink["written"]} records{waiting}{lost}{(sink["failure"] is { } failure ? $": {failure}" : "")}";
    }

    private static string Freeze(JToken freeze) => (string?)freeze["state"] switch
    {
        "frozen" => $"frozen since {Time(freeze["since"])}, {(freeze["thaws-at"] is { } end ? $"thaws at {Time(end)}" : "without a deadline")}",
        "changing" => "on their way into a freeze or out of one",
        _ => "thawed",
    };

    private static string LastFreeze(JToken last)
    {
        var end = last["ended-by"] is { } by ? $", {FreezesReport.EndOf($"{by}")}" : "";
        var worth = last["verdict"] is { } verdict ? $"{verdict}{(last["reason"] is { } reason ? $": {reason}" : "")}" : $"{last["state"]}";
        return $"{Time(last["began"])}{(last["seconds"] is { } seconds ? $", together for {Seconds(seconds)}" : "")}{end}: {worth}";
    }

    private static string Time(JToken? time) => DateTimeOffset.TryParse((string?)time, CultureInfo.InvariantCulture, out var point)
        ? point.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture)
        : "?";

    private static string Seconds(JToken? seconds) => (double?)seconds switch
    {
        null => "?",
        < 1 and var time => string.Create(CultureInfo.InvariantCulture, $"{time * 1000:0.0} ms"),
        var time => string.Create(CultureInfo.InvariantCulture, $"{time:0.0} s"),
    };
}
