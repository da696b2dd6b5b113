using System.Globalization;
using Qga.Testing;

namespace Qga.Bench.Soak;

/// <summary>What a soak has shown: a table, the samples as CSV with a picture, and what of it is a failure.</summary>
internal sealed class SoakReport(IReadOnlyList<SoakSample> samples, SoakSample? before, SoakSample? after, List<string> failures)
{
    /// <summary>Of the level, in an hour: what grows more slowly than this is not told from a heap that has found its size.</summary>
    private const double GrowthAllowed = 0.05;

    /// <summary>What the runtime's pool may keep under load; its threads stay, but it needs few.</summary>
    private const int ThreadsAllowed = 8;

    /// <summary>Without load there is no noise to hide in: a tenth is what the heap's pages may differ in.</summary>
    private const double MemoryAllowedAtRest = 0.1;

    /// <summary>The first fifth is not looked at: heap and pools find their size.</summary>
    private const int WarmUpShare = 5;

    private static readonly (string Name, string Unit, Func<SoakSample, double> Of)[] Figures =
    [
        ("memory (PSS)", "MiB", sample => sample.Memory),
        ("threads", "", sample => sample.Threads),
        ("descriptors", "", sample => sample.Descriptors),
    ];

    private static readonly string Folder = Repository.PathOf("artifacts/soak");

    internal void Write()
    {
        Directory.CreateDirectory(Folder);
        var csv = Path.Combine(Folder, "samples.csv");
        File.WriteAllLines(csv, [SoakSample.Header, .. samples.Select(sample => $"{sample}")]);
        Console.WriteLine($"samples: {csv}");
        Draw(csv, Path.Combine(Folder, "soak.png"));
        Console.WriteLine();

        var warm = samples.Skip(samples.Count / WarmUpShare).ToList();
        if (warm.Count < Trend.Blocks)
        {
            failures.Add($"{samples.Count} samples are too few to tell anything");
            return;
        }

        WriteTable(warm);
        Judge();
    }

    private static void Draw(string csv, string picture)
    {
        try
        {
            var run = ProcessRun.Of("gnuplot", ["-c", Repository.PathOf("tests/Qga.Bench/Soak/soak.gnuplot"), csv, picture]);
            if (run.ExitCode == 0)
                Console.WriteLine($"picture: {picture}");
            else
                Console.Error.WriteLine($"no picture: {run.Error}");
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            Console.Error.WriteLine($"no picture: {failure.Message}");
        }
    }

    private void WriteTable(List<SoakSample> warm)
    {
        var tenth = Math.Max(1, warm.Count / 10);
        Console.WriteLine(
            "| figure | at rest before | start | middle | end | at rest after | growth an hour | standard error | a million requests |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var (name, unit, of) in Figures)
        {
            var trend = Trend.Of([.. warm.Select(sample => (sample.Time, of(sample)))]);
            var perRequest = Trend.Of([.. warm.Select(sample => ((double)sample.Requests, of(sample)))]);
            double[] means = [.. new[] { 0, (warm.Count - tenth) / 2, warm.Count - tenth }.Select(first => warm.Skip(first).Take(tenth).Average(of))];
            string[] cells =
            [
                unit.Length == 0 ? name : $"{name}, {unit}", Rested(before, of), .. means.Select(Format), Rested(after, of),
                Signed(trend.SlopePerHour), Format(trend.StandardErrorPerHour), Signed(perRequest.Slope * 1_000_000),
            ];
            Console.WriteLine($"| {string.Join(" | ", cells)} |");
            if (trend.IsGrowth(GrowthAllowed))
            {
                failures.Add(
                    $"{name} grows by {Format(trend.SlopePerHour)} an hour, {trend.SlopePerHour / trend.Level:P1} of its level and "
                    + $"{trend.SlopePerHour / trend.StandardErrorPerHour:0.0} standard errors");
            }
        }

        Console.WriteLine();
        Console.WriteLine(
            $"Start, middle and end are means of a tenth of the time after the warm-up (the first 1/{WarmUpShare}). Failed is a growth of more than "
            + $"{GrowthAllowed:P0} of the level an hour that is also more than {Trend.Certainty} standard errors, by {Trend.Blocks} blocks of samples.");
    }

    private void Judge()
    {
        if (before is null || after is null)
        {
            failures.Add("the agent was not seen at rest");
            return;
        }

        if (after.Zombies > 0)
            failures.Add($"{after.Zombies} children have ended that nobody waited for");
        if (after.Memory > before.Memory * (1 + MemoryAllowedAtRest))
            failures.Add($"{Format(after.Memory)} MiB are in use at rest, before the load it was {Format(before.Memory)} (allowed: {MemoryAllowedAtRest:P0} more)");
        if (after.Descriptors > before.Descriptors)
            failures.Add($"{after.Descriptors} descriptors are open at rest, before the load it was {before.Descriptors}");
        if (after.Threads > before.Threads + ThreadsAllowed)
            failures.Add($"{after.Threads} threads are there at rest, before the load it was {before.Threads} (allowed: {ThreadsAllowed} more)");
    }

    private static string Rested(SoakSample? sample, Func<SoakSample, double> of) => sample is null ? "-" : Format(of(sample));

    private static string Format(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Signed(double value) => value.ToString("+0.00;-0.00", CultureInfo.InvariantCulture);
}
