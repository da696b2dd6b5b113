using System.Globalization;

namespace Qga.Bench;

/// <summary>The readings of a run, as a Markdown table with one row for each figure.</summary>
internal sealed class Table(IReadOnlyList<Contender> contenders)
{
    private readonly Dictionary<string, List<double>[]> _rows = [];

    /// <summary>Adds what one measurement of every contender gave.</summary>
    internal void Add(IReadOnlyList<IReadOnlyList<Reading>> round)
    {
        for (var contender = 0; contender < round.Count; contender++)
        {
            foreach (var (figure, value) in round[contender])
            {
                if (!_rows.TryGetValue(figure, out var row))
                    _rows.Add(figure, row = [.. contenders.Select(_ => new List<double>())]);
                row[contender].Add(value);
            }
        }
    }

    internal void WriteTo(TextWriter text)
    {
        text.WriteLine($"| figure | {string.Join(" | ", contenders.Select(contender => contender.Name))} | ratio | min..max |");
        text.WriteLine($"| --- |{string.Concat(contenders.Select(_ => " ---: |"))} ---: | ---: |");
        foreach (var (figure, row) in _rows)
        {
            var medians = row.Select(values => Format(Statistics.Median(values)));
            text.WriteLine($"| {figure} | {string.Join(" | ", medians)} | {RatioOf(row)} |");
        }
    }

    private static string RatioOf(List<double>[] row)
    {
        if (row is not [var ours, var peers])
            return "- | -";
        double[] ratios = [.. ours.Zip(peers, (our, peer) => our / peer)];
        return $"{Format(Statistics.Median(ratios))} | {Format(ratios.Min())}..{Format(ratios.Max())}";
    }

    /// <summary>Three digits, which is more than a repetition would confirm.</summary>
    private static string Format(double value) =>
        value.ToString(value switch { < 10 => "0.00", < 100 => "0.0", _ => "0" }, CultureInfo.InvariantCulture);
}
