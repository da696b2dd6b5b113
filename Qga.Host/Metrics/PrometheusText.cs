using System.Globalization;
using System.Text;

namespace Qga.Host.Metrics;

/// <summary>Samples in the text format of Prometheus, version 0.0.4: each family is written as a whole, its help and type first.</summary>
internal sealed class PrometheusText
{
    private readonly StringBuilder _text = new();
    private string _family = "";

    /// <summary>Begins a family of something that goes up and down.</summary>
    internal PrometheusText Gauge(string name, string help) => Begin(name, "gauge", help);

    /// <summary>Begins a family of something that only grows, until the agent is started anew.</summary>
    internal PrometheusText Counter(string name, string help) => Begin(name, "counter", help);

    /// <summary>Begins a family of counts by size.</summary>
    internal PrometheusText Histogram(string name, string help) => Begin(name, "histogram", help);

    /// <summary>Adds a sample of the family.</summary>
    internal PrometheusText Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) => Sample("", value, labels);

    /// <summary>Adds a sample for one set of labels of a histogram.</summary>
    /// <param name="bounds">The upper ends of the spans.</param>
    /// <param name="counts">How many are in each, and in the end beyond the last.</param>
    /// <param name="sum">Of all that was measured.</param>
    /// <param name="label">What it is of.</param>
    internal PrometheusText Samples(IReadOnlyList<double> bounds, IReadOnlyList<long> counts, double sum, (string Name, string Value) label)
    {
        var total = 0L;
        for (var span = 0; span < counts.Count; span++)
        {
            total += counts[span];
            Sample("_bucket", total, [label, ("le", span < bounds.Count ? Number(bounds[span]) : "+Inf")]);
        }

        return Sample("_sum", sum, [label]).Sample("_count", total, [label]);
    }

    public override string ToString() => _text.ToString();

    /// <summary>Puts together what several agents tell: each sample has the process of its agent as a label.</summary>
    internal static string OfAll(IEnumerable<(int Process, string Text)> agents)
    {
        var families =
            from agent in agents
            from family in agent.Text.Split("# HELP ", StringSplitOptions.RemoveEmptyEntries)
            let lines = family.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            group lines[2..].Select(sample => OfAgent(sample, agent.Process)) by $"# HELP {lines[0]}\n{lines[1]}\n";
        return string.Concat(families.Select(family => family.Key + string.Concat(family.SelectMany(samples => samples))));
    }

    private static string OfAgent(string sample, int process)
    {
        var end = sample.AsSpan().IndexOfAny('{', ' ');
        return sample[end] == '{'
            ? $"{sample[..end]}{{agent=\"{process}\",{sample[(end + 1)..]}\n"
            : $"{sample[..end]}{{agent=\"{process}\"}}{sample[end..]}\n";
    }

    private PrometheusText Begin(string name, string type, string help)
    {
        _family = name;
        _text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help.Replace("\\", "\\\\").Replace("\n", "\\n")}\n# TYPE {name} {type}\n");
        return this;
    }

    private PrometheusText Sample(string suffix, double value, ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(_family).Append(suffix);
        var separator = '{';
        foreach (var (name, text) in labels)
        {
            _text.Append(separator).Append(name).Append("=\"")
                .Append(text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")).Append('"');
            separator = ',';
        }

        _text.Append(labels.IsEmpty ? " " : "} ").Append(Number(value)).Append('\n');
        return this;
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
