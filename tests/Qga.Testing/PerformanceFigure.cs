using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Testing;

/// <summary>What one run of <c>make bench</c> has found for one figure: a line of docs/performance/history.jsonl. Null is what is not known.</summary>
/// <param name="Figure">What is measured.</param>
/// <param name="Unit">Of both values; null for a number of things.</param>
/// <param name="Ours">The median of all rounds.</param>
/// <param name="Peer">qemu-ga's, in the same run; null without one.</param>
/// <param name="Ratio">Ours over qemu-ga's in the same round; null where that was 0.</param>
/// <param name="PeerSpread">How far qemu-ga's own rounds lie apart: the largest less the smallest, over the median.</param>
/// <param name="Busy">Which share of the processors others took meanwhile, 0 to 1.</param>
/// <param name="Rounds">How many times each agent was measured, in turn.</param>
/// <param name="Date">As ISO 8601 has it, in UTC.</param>
/// <param name="Commit">What the agent was built from.</param>
/// <param name="Dirty">Whether the tree held more than that commit.</param>
/// <param name="Version">The agent's.</param>
/// <param name="PeerVersion">qemu-ga's.</param>
/// <param name="Machine">Where both ran.</param>
public sealed record PerformanceFigure(
    string Figure,
    string? Unit,
    double Ours,
    double? Peer,
    PerformanceRatio? Ratio,
    double? PeerSpread,
    double? Busy,
    int? Rounds,
    string Date,
    string? Commit,
    bool? Dirty,
    string? Version,
    string? PeerVersion,
    PerformanceMachine Machine)
{
    /// <summary>Where the lines are, from the repository's root.</summary>
    public const string History = "docs/performance/history.jsonl";

    /// <summary>From which <see cref="PeerSpread"/> on a comparison says nothing: the machine was too busy.</summary>
    public const double MostSpread = 0.3;

    /// <summary>Whether something else than the agents made the figures what they are.</summary>
    public bool IsDisturbed => PeerSpread > MostSpread;

    /// <exception cref="InvalidDataException">A line is no figure.</exception>
    public static IReadOnlyList<PerformanceFigure> Read(IEnumerable<string> lines) => [.. lines.Select(Parse)];

    /// <returns>A line of the history, without its end.</returns>
    public string ToJson() => new JObject
    {
        ["figure"] = Figure,
        ["unit"] = Unit,
        ["ours"] = Ours,
        ["peer"] = Peer,
        ["ratio"] = Ratio is null ? null : new JObject { ["median"] = Ratio.Median, ["lowest"] = Ratio.Lowest, ["highest"] = Ratio.Highest },
        ["peerSpread"] = PeerSpread,
        ["busy"] = Busy,
        ["rounds"] = Rounds,
        ["date"] = Date,
        ["commit"] = Commit,
        ["dirty"] = Dirty,
        ["version"] = Version,
        ["peerVersion"] = PeerVersion,
        ["machine"] = new JObject { ["processor"] = Machine.Processor, ["processors"] = Machine.Processors, ["kernel"] = Machine.Kernel },
    }.ToString(Formatting.None);

    /// <summary>Name, both values, ratio and its range, for a table. There is no ratio where the figure is disturbed.</summary>
    public IReadOnlyList<string> Cells() =>
    [
        Unit is null ? Figure : $"{Figure}, {Unit}",
        Format(Ours),
        Format(Peer),
        IsDisturbed ? "too busy" : Format(Ratio?.Median),
        Ratio is { Lowest: { } lowest, Highest: { } highest } ? $"{Format(lowest)}..{Format(highest)}" : "",
    ];

    private static PerformanceFigure Parse(string line, int index)
    {
        try
        {
            using var reader = new JsonTextReader(new StringReader(line)) { DateParseHandling = DateParseHandling.None };
            var json = JObject.Load(reader);
            var machine = Of<JObject>(json, "machine");
            return new PerformanceFigure(
                Of<string>(json, "figure"),
                OrNull<string?>(json, "unit"),
                Of<double>(json, "ours"),
                OrNull<double?>(json, "peer"),
                OrNull<JObject?>(json, "ratio") is { } ratio
                    ? new PerformanceRatio(Of<double>(ratio, "median"), OrNull<double?>(ratio, "lowest"), OrNull<double?>(ratio, "highest"))
                    : null,
                OrNull<double?>(json, "peerSpread"),
                OrNull<double?>(json, "busy"),
                OrNull<int?>(json, "rounds"),
                Of<string>(json, "date"),
                OrNull<string?>(json, "commit"),
                OrNull<bool?>(json, "dirty"),
                OrNull<string?>(json, "version"),
                OrNull<string?>(json, "peerVersion"),
                new PerformanceMachine(OrNull<string?>(machine, "processor"), Of<int>(machine, "processors"), Of<string>(machine, "kernel")));
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidCastException)
        {
            throw new InvalidDataException($"{History}, line {index + 1}: {failure.Message}", failure);
        }
    }

    private static T Of<T>(JObject json, string name)
        where T : notnull => OrNull<T?>(json, name) is { } value ? value : throw new FormatException($"{name} is null");

    /// <summary>A member that is there, and may be null.</summary>
    private static T? OrNull<T>(JObject json, string name) =>
        json.TryGetValue(name, out var value) ? value.Value<T>() : throw new FormatException($"{name} is missing");

    /// <summary>Three digits, which is more than a repetition would confirm.</summary>
    private static string Format(double? value) =>
        value?.ToString(value switch { < 10 => "0.00", < 100 => "0.0", _ => "0" }, CultureInfo.InvariantCulture) ?? "";
}

/// <summary>The median of the rounds' ratios, and between which they were.</summary>
public sealed record PerformanceRatio(double Median, double? Lowest, double? Highest);

/// <summary>A machine by what makes it fast or slow, and by nothing that tells it from others of its kind.</summary>
/// <param name="Processor">The model's name.</param>
/// <param name="Processors">How many the agents could use.</param>
/// <param name="Kernel">The version, without what its builder has added.</param>
public sealed record PerformanceMachine(string? Processor, int Processors, string Kernel);
