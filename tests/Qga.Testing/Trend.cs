namespace Qga.Testing;

/// <summary>
/// A straight line through samples of a running program, by least squares. The garbage collector's sawtooth makes neighbouring
/// samples alike, so that a line through all of them would look far surer than it is: it goes through the means of blocks.
/// </summary>
/// <param name="Level">The mean of all samples.</param>
/// <param name="Slope">The growth a second.</param>
/// <param name="StandardError">The standard error of the slope, by what the blocks are off the line.</param>
public sealed record Trend(double Level, double Slope, double StandardError)
{
    /// <summary>Into how many blocks the samples are divided: a minute each in half an hour, which is longer than any sawtooth.</summary>
    public const int Blocks = 24;

    /// <summary>
    /// How many standard errors a slope must have to be no chance: with 22 degrees of freedom one steady program in 3000 is
    /// accused wrongly.
    /// </summary>
    public const double Certainty = 4;

    private const int FewestBlocks = 3;
    private const double SecondsOfHour = 3600;

    public double SlopePerHour => Slope * SecondsOfHour;

    public double StandardErrorPerHour => StandardError * SecondsOfHour;

    /// <param name="samples">Seconds and values, in the order of time.</param>
    public static Trend Of(IReadOnlyList<(double Time, double Value)> samples)
    {
        var count = Math.Min(Blocks, samples.Count);
        if (count < FewestBlocks)
            throw new ArgumentException($"{samples.Count} samples make no trend", nameof(samples));

        var blocks = Enumerable.Range(0, count)
            .Select(block => samples.Take(new Range(block * samples.Count / count, (block + 1) * samples.Count / count)).ToArray())
            .Select(block => (Time: block.Average(sample => sample.Time), Value: block.Average(sample => sample.Value)))
            .ToArray();
        var (time, value) = (blocks.Average(block => block.Time), blocks.Average(block => block.Value));
        var spread = blocks.Sum(block => (block.Time - time) * (block.Time - time));
        var slope = blocks.Sum(block => (block.Time - time) * (block.Value - value)) / spread;
        var error = blocks.Sum(block => Math.Pow(block.Value - value - slope * (block.Time - time), 2)) / (count - 2);
        return new Trend(samples.Average(sample => sample.Value), slope, Math.Sqrt(error / spread));
    }

    /// <summary>
    /// Whether it grows: in an hour by more than a share of its level, and by more than the noise allows. The share alone would
    /// accuse a short run, in which noise is a steep line; the noise alone a long one, in which it sees a page.
    /// </summary>
    public bool IsGrowth(double shareOfLevel) => Slope > Certainty * StandardError && SlopePerHour > shareOfLevel * Level;
}
