using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Ctl.Groups;

/// <summary>What the watcher is told first, as a line of JSON.</summary>
/// <param name="Parent">The process that tells it.</param>
/// <param name="Guests">The addresses of the guests.</param>
/// <param name="Deadline">After how long it ends a tool that has not begun to thaw.</param>
/// <param name="ThawDeadline">After how long it ends one that has, and is not done.</param>
/// <param name="Limit">How long it tries to thaw what the tool has left.</param>
/// <param name="Connect">How long the tool waits for a guest's first answer.</param>
/// <param name="VirshProgram">The program for <c>virsh:</c>.</param>
/// <param name="QmProgram">The program for <c>qm:</c>.</param>
internal sealed record WatchOrder(
    int Parent, IReadOnlyList<string> Guests, TimeSpan Deadline, TimeSpan ThawDeadline, TimeSpan Limit, TimeSpan Connect, string VirshProgram,
    string QmProgram)
{
    /// <summary>The line by which the watcher says that it watches.</summary>
    internal const string Armed = "armed";

    private const string Freezing = "freezing";
    private const string Answered = "answered ";
    private const string Thawed = "thawed ";
    private const string Thawing = "thawing";

    internal string ToLine() => new JObject
    {
        ["parent"] = Parent,
        ["guests"] = new JArray(Guests),
        ["deadline"] = Deadline.TotalSeconds,
        ["thaw-deadline"] = ThawDeadline.TotalSeconds,
        ["limit"] = Limit.TotalSeconds,
        ["connect"] = Connect.TotalSeconds,
        ["virsh"] = VirshProgram,
        ["qm"] = QmProgram,
    }.ToString(Formatting.None);

    /// <returns>Null for what is no order, as a line that was cut off.</returns>
    internal static WatchOrder? TryParse(string line)
    {
        try
        {
            var order = JObject.Parse(line);
            return new WatchOrder(
                order.Value<int>("parent"), [.. Member("guests").Values<string>().OfType<string>()],
                Seconds("deadline"), Seconds("thaw-deadline"), Seconds("limit"), Seconds("connect"), Text("virsh"), Text("qm"));

            JToken Member(string name) => order[name] ?? throw new FormatException($"{name} is missing");

            TimeSpan Seconds(string name) => TimeSpan.FromSeconds((double)Member(name));

            string Text(string name) => (string?)Member(name) ?? throw new FormatException($"{name} is missing");
        }
        catch (Exception failure) when (failure is JsonException or FormatException or ArgumentException or InvalidCastException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>A line after the first.</summary>
    internal static string LineOf(WatchNews news) => news switch
    {
        WatchNews.IsFreezing => Freezing,
        WatchNews.IsAnswered answered => Answered + answered.Guest.ToString(CultureInfo.InvariantCulture),
        WatchNews.IsThawed thawed => Thawed + thawed.Guest.ToString(CultureInfo.InvariantCulture),
        _ => Thawing,
    };

    /// <summary>What a line after the first says; null for one that is cut off, as the last may be.</summary>
    internal static WatchNews? NewsOf(string line)
    {
        if (line == Freezing)
            return new WatchNews.IsFreezing();
        if (line == Thawing)
            return new WatchNews.IsThawing();
        if (line.StartsWith(Answered, StringComparison.Ordinal) && Number(Answered) is { } answered)
            return new WatchNews.IsAnswered(answered);
        return line.StartsWith(Thawed, StringComparison.Ordinal) && Number(Thawed) is { } thawed ? new WatchNews.IsThawed(thawed) : null;

        int? Number(string word) =>
            int.TryParse(line.AsSpan(word.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}

/// <summary>What the watcher hears of a group.</summary>
internal abstract record WatchNews
{
    private WatchNews()
    {
    }

    /// <summary>All guests may be frozen from here on.</summary>
    internal sealed record IsFreezing : WatchNews;

    /// <summary>The guest's freeze was answered.</summary>
    internal sealed record IsAnswered(int Guest) : WatchNews;

    /// <summary>The guest is no concern of the watcher any more.</summary>
    internal sealed record IsThawed(int Guest) : WatchNews;

    /// <summary>The tool has begun to thaw.</summary>
    internal sealed record IsThawing : WatchNews;
}
