using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Host.Control;

/// <summary>The records of freezes for a person to read.</summary>
internal static class FreezesReport
{
    /// <summary>An object as it was written: points in time stay the texts that they are.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    internal static JObject Parse(string text)
    {
        using var reader = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None };
        return JObject.Load(reader);
    }

    internal static void Write(JObject record, TextWriter output)
    {
        var worth = record["verdict"] is { } verdict ? Printable.Of(verdict).ToUpperInvariant() : $"it is {record["state"]}";
        output.WriteLine($"{Time(record["began"])}  {Printable.Of(record["id"])}  {worth}");
        if (record["reason"] is { } reason)
            Line("reason", reason);
        Line("asked", Asked(record));
        if (record["interval"] is { } interval)
            Line("together", $"from {Clock(interval["since"])} to {Clock(interval["until"])}{Length(interval["nanoseconds"])}");
        if (record["ended"] is { } ended)
            Line("ended", $"{EndOf($"{ended["by"]}")}{(ended["peer"] is { } peer ? $" ({peer})" : "")} at {Clock(ended["at"])}");
        foreach (var hook in record["hooks"] ?? new JArray())
            Line("hook", Hook(hook));
        foreach (var fileSystem in record["filesystems"] ?? new JArray())
            Line("", FileSystem(fileSystem));
        if (record["filesystems-cut"] is { } cut)
            Line("", $"and {cut} more");

        void Line(string name, object? value) => output.WriteLine($"  {name,-10}{Printable.Of(value)}");
    }

    /// <summary>Who has ended a freeze, in words.</summary>
    internal static string EndOf(string by) => by switch
    {
        "host" => "thawed by the host",
        "deadline" => "thawed at the deadline",
        "exit" => "thawed as the agent ended",
        "failure" => "undone",
        "root" => "thawed by root in the guest",
        _ => "thawed by somebody else",
    };

    private static string Asked(JObject record)
    {
        if (record["command"] is not { } command)
            return "nobody knows by whom";
        var what = record["mountpoints"] is JArray names ? $" of {string.Join(", ", names)}" : "";
        return $"{command}{what} by {record["peer"] ?? "somebody"}, {record["channel"] ?? "unknown channel"}";
    }

    private static string Hook(JToken hook)
    {
        var call = $"{hook["action"]}, {hook["result"]}, from {Clock(hook["began"])} to {Clock(hook["ended"])}";
        return hook["error"] is { } error ? $"{call}: {error}" : call;
    }

    private static string FileSystem(JToken fileSystem)
    {
        var what = $"{fileSystem["mountpoint"]} ({fileSystem["type"] ?? "?"}, {fileSystem["device"] ?? "no device"})";
        if (fileSystem["left-out"] is { } reason)
            return $"{what}: left out, {reason}";
        var frozen = fileSystem["frozen-at"] is { } from ? $"frozen {Clock(from)}" : "not frozen";
        return fileSystem["thawed-by"] is { } by ? $"{what}: {frozen}, thawed {Clock(fileSystem["thawed-at"])} by {by}" : $"{what}: {frozen}";
    }

    private static string Length(JToken? nanoseconds) =>
        (long?)nanoseconds is { } length ? string.Create(CultureInfo.InvariantCulture, $", {length / 1e9:0.000} s") : "";

    private static string Time(JToken? moment) => Parse(moment) is { } time
        ? time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture)
        : "?";

    private static string Clock(JToken? moment) => Parse(moment) is { } time
        ? time.ToLocalTime().ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture)
        : "?";

    private static DateTimeOffset? Parse(JToken? moment) =>
        DateTimeOffset.TryParse((string?)moment?["time"], CultureInfo.InvariantCulture, out var time) ? time : null;
}
