using System.Globalization;
using System.Text.RegularExpressions;

namespace Qga.Host.Tests.Metrics;

/// <summary>
/// The text format of Prometheus, version 0.0.4, read strictly: what its own parser and promtool's lint take, and nothing else.
/// </summary>
internal sealed partial class Exposition
{
    private readonly Dictionary<string, Family> _families = [];

    private Exposition(string text)
    {
        if (!text.EndsWith('\n'))
            throw new FormatException("the last line has no end");
        Family? family = null;
        foreach (var line in text[..^1].Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
                family = Begin(line[7..].Split(' ', 2));
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                SetType(family, line[7..].Split(' '));
            else
                Add(family ?? throw new FormatException($"a sample before any family: {line}"), line);
        }

        foreach (var each in _families.Values)
            each.Check();
    }

    internal IEnumerable<string> Families => _families.Keys;

    internal static Exposition Parse(string text) => new(text);

    /// <summary>The value of a sample, by its name and labels as they are written.</summary>
    internal double this[string sample] =>
        _families.Values.SelectMany(family => family.Samples).Single(each => each.Key == sample).Value;

    internal bool Has(string sample) => _families.Values.Any(family => family.Samples.ContainsKey(sample));

    private Family Begin(string[] words)
    {
        if (words is not [var name, { Length: > 0 } help] || !Name().IsMatch(name) || !Help().IsMatch(help))
            throw new FormatException($"no help: {string.Join(' ', words)}");
        var family = new Family(name);
        return _families.TryAdd(name, family) ? family : throw new FormatException($"{name} is there twice, or in two places");
    }

    private static void SetType(Family? family, string[] words)
    {
        if (family is null || words is not [var name, "counter" or "gauge" or "histogram" or "summary" or "untyped"] || name != family.Name
            || family.Type.Length > 0 || family.Samples.Count > 0)
        {
            throw new FormatException($"a type in a wrong place, or none: {string.Join(' ', words)}");
        }

        family.Type = words[1];
    }

    private static void Add(Family family, string line)
    {
        if (Sample().Match(line) is not { Success: true } sample)
            throw new FormatException($"no sample: {line}");
        List<(string Name, string Value)> labels =
            [.. Label().Matches(sample.Groups["labels"].Value).Select(label => (label.Groups["name"].Value, label.Groups["value"].Value))];
        if (string.Join(',', labels.Select(label => $"{label.Name}=\"{label.Value}\"")) != sample.Groups["labels"].Value)
            throw new FormatException($"no labels: {line}");
        if (labels.DistinctBy(label => label.Name).Count() < labels.Count)
            throw new FormatException($"a label twice: {line}");
        family.Add(sample.Groups["name"].Value, labels, ValueOf(sample.Groups["value"].Value));
    }

    private static double ValueOf(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private sealed class Family(string name)
    {
        private readonly List<(string Labels, string End, double Value)> _buckets = [];

        internal string Name => name;

        internal string Type { get; set; } = "";

        internal Dictionary<string, double> Samples { get; } = [];

        internal void Add(string sample, List<(string Name, string Value)> labels, double value)
        {
            string[] suffixes = Type == "histogram" ? ["_bucket", "_sum", "_count"] : [""];
            if (!suffixes.Any(suffix => sample == name + suffix))
                throw new FormatException($"{sample} is none of {name}, a {Type}");
            var key = labels.Count == 0 ? sample : $"{sample}{{{string.Join(',', labels.Select(label => $"{label.Name}=\"{label.Value}\""))}}}";
            if (!Samples.TryAdd(key, value))
                throw new FormatException($"{key} is there twice");
            if (Type is "counter" or "histogram" && !(value >= 0))
                throw new FormatException($"{key} is {value}");
            if (sample.EndsWith("_bucket", StringComparison.Ordinal))
                _buckets.Add((LabelsOf(labels.Where(label => label.Name != "le")), labels.Single(label => label.Name == "le").Value, value));
        }

        internal void Check()
        {
            if (Type.Length == 0)
                throw new FormatException($"{name} has no type");
            if (Type == "counter" != name.EndsWith("_total", StringComparison.Ordinal))
                throw new FormatException($"{name} is a {Type}");
            foreach (var series in _buckets.GroupBy(bucket => bucket.Labels))
            {
                var ends = series.Select(bucket => ValueOf(bucket.End)).ToList();
                var counts = series.Select(bucket => bucket.Value).ToList();
                var inBraces = series.Key.Length == 0 ? "" : $"{{{series.Key}}}";
                if (!ends.SequenceEqual(ends.Order().Distinct()) || !double.IsPositiveInfinity(ends[^1]) || !counts.SequenceEqual(counts.Order())
                    || Samples[$"{name}_count{inBraces}"] != counts[^1] || !Samples.ContainsKey($"{name}_sum{inBraces}"))
                {
                    throw new FormatException($"the buckets of {name}{inBraces} don't fit together");
                }
            }
        }

        private static string LabelsOf(IEnumerable<(string Name, string Value)> labels) => string.Join(',', labels.Select(label => $"{label.Name}=\"{label.Value}\""));
    }

    [GeneratedRegex(@"\A[a-zA-Z_:][a-zA-Z0-9_:]*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A([^\\]|\\[\\n])+\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Help();

    [GeneratedRegex(@"\A(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.+)\})? (?<value>[-+0-9.eE]+|[+-]Inf|NaN)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sample();

    [GeneratedRegex(@"(?<name>[a-zA-Z_][a-zA-Z0-9_]*)=""(?<value>([^""\\\n]|\\[\\""n])*)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();
}
