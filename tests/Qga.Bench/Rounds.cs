using System.Globalization;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>The readings of one measurement: ours, and qemu-ga's if there is one, as many times as there were rounds.</summary>
internal sealed class Rounds
{
    private readonly OrderedDictionary<(string Figure, string? Unit), List<double[]>> _readings = [];
    private readonly List<double> _busy = [];

    internal bool IsEmpty => _busy.Count == 0;

    /// <summary>How busy others kept the machine before each round: the median, and the most.</summary>
    internal (double Median, double Most) Busy => (Statistics.Median(_busy), _busy.Max());

    /// <summary>Adds a round.</summary>
    /// <param name="busy">Which share of the processors others took before it, 0 to 1.</param>
    /// <param name="round">What the measurement gave of each contender, ours first.</param>
    internal void Add(double busy, IReadOnlyList<IReadOnlyList<Reading>> round)
    {
        _busy.Add(busy);
        foreach (var readings in round.SelectMany(readings => readings).GroupBy(reading => (reading.Figure, reading.Unit), reading => reading.Value))
        {
            if (!_readings.TryGetValue(readings.Key, out var rounds))
                _readings.Add(readings.Key, rounds = []);
            rounds.Add([.. readings]);
        }
    }

    /// <summary>The medians.</summary>
    internal IEnumerable<PerformanceFigure> Figures(Origin origin) => _readings.Select(reading =>
    {
        var ((figure, unit), rounds) = reading;
        var hasPeer = rounds.TrueForAll(round => round.Length > 1);
        return new PerformanceFigure(
            figure,
            unit,
            Rounded(Statistics.Median(rounds.Select(round => round[0]))),
            hasPeer ? Rounded(Statistics.Median(rounds.Select(round => round[1]))) : null,
            hasPeer && rounds.TrueForAll(round => round[1] > 0) ? RatioOf([.. rounds.Select(round => round[0] / round[1])]) : null,
            hasPeer && rounds.TrueForAll(round => round[1] > 0) ? SpreadOf([.. rounds.Select(round => round[1])]) : null,
            Rounded(Busy.Median),
            rounds.Count,
            DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            origin.Commit,
            origin.Dirty,
            origin.Version,
            origin.PeerVersion,
            origin.Machine);
    });

    private static PerformanceRatio RatioOf(double[] ratios) => new(Rounded(Statistics.Median(ratios)), Rounded(ratios.Min()), Rounded(ratios.Max()));

    private static double SpreadOf(double[] values) => Rounded((values.Max() - values.Min()) / Statistics.Median(values));

    /// <summary>To four digits, one more than is shown.</summary>
    private static double Rounded(double value) =>
        double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
