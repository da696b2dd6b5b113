namespace Qga.Bench;

/// <summary>What stays true on a noisy machine.</summary>
internal static class Statistics
{
    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    internal static double GeometricMean(IEnumerable<double> values) => Math.Exp(values.Average(Math.Log));
}
