using System.Text;
using Qga.Testing;

namespace Qga.Docs;

/// <summary>The figures of docs/performance.md, which stand between two comments: the newest of each that was measured on a clean commit.</summary>
public static class PerformanceDocument
{
    internal const string Page = "docs/performance.md";

    private const string Begin = "<!-- Figures: make docs draws them from performance/history.jsonl. -->\n";
    private const string End = "<!-- End of the figures. -->\n";

    /// <summary>Between the request and what of it is measured: such figures are drawn in one row for each request.</summary>
    private const string Colon = ": ";

    private const double MegabytesOfMebibyte = 1.048576;

    private static readonly Dictionary<string, Aim> Aims = new()
    {
        ["ping latency, median"] = Aim.RatioAtMost(0.8),
        ["ping latency, p99"] = Aim.RatioAtMost(1),
        ["pipelined pings"] = Aim.RatioAtLeast(4),
        ["file write 64 KiB"] = Aim.RatioAtLeast(5),
        ["file write 1 MiB"] = Aim.RatioAtLeast(20),
        ["file write 8 MiB"] = Aim.RatioAtLeast(20),
        ["file read 64 KiB"] = Aim.RatioAtLeast(5),
        ["file read 1 MiB"] = Aim.RatioAtLeast(20),
        ["file read 8 MiB"] = Aim.RatioAtLeast(20),
        ["exec round trips"] = Aim.RatioAtLeast(1.5),
        ["ten inventory commands"] = Aim.RatioAtMost(0.5),
        ["list of 1000 interfaces"] = Aim.RatioAtMost(0.1),
        ["fsinfo of 500 mounts"] = Aim.RatioAtMost(0.1),
        ["1000 disks"] = Aim.RatioAtMost(0.1),
        ["start to first ping"] = new("25 ms", figure => figure.Ours <= 25),
        ["PSS idle"] = new("17 MB", figure => figure.Ours * MegabytesOfMebibyte <= 17),
        ["PSS after 10000 pings"] = new("20 MB", figure => figure.Ours * MegabytesOfMebibyte <= 20),
        ["PSS 5 s after transfers"] = new("22 MB", figure => figure.Ours * MegabytesOfMebibyte <= 22),
        ["wake-ups idle"] = new("0", figure => figure.Ours == 0),
        ["executable"] = new("15 MB", figure => figure.Ours <= 15),
    };

    /// <param name="page">What surrounds the figures, and any figures.</param>
    /// <param name="history">The lines of the history, in any order.</param>
    /// <exception cref="InvalidDataException">The page has no place for figures.</exception>
    public static string Text(string page, IEnumerable<PerformanceFigure> history)
    {
        var begin = page.IndexOf(Begin, StringComparison.Ordinal);
        var end = page.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new InvalidDataException($"{Page}: no {Begin.Trim()} before {End.Trim()}");

        var figures = Newest(history);
        List<string> settings = [.. figures.Select(SettingOf).Distinct()];
        var text = new StringBuilder(page[..(begin + Begin.Length)]);
        WriteFigures(text, figures.Where(figure => !figure.Figure.Contains(Colon, StringComparison.Ordinal)), settings);
        WriteRequests(text, figures.Where(figure => figure.Figure.Contains(Colon, StringComparison.Ordinal)), settings);
        foreach (var setting in settings)
            text.Append($"\n{NameOf(setting, settings)}: {setting}.\n");
        return text.Append('\n').Append(page[end..]).ToString();
    }

    /// <summary>In the order in which figures came to the history.</summary>
    private static IReadOnlyList<PerformanceFigure> Newest(IEnumerable<PerformanceFigure> history) =>
    [
        .. history.Where(figure => figure.Dirty != true)
            .GroupBy(figure => figure.Figure)
            .Select(lines => lines.OrderBy(line => line.Date, StringComparer.Ordinal).Last()),
    ];

    private static void WriteFigures(StringBuilder text, IEnumerable<PerformanceFigure> figures, List<string> settings)
    {
        text.Append("\n| figure | qga | qemu-ga | ratio | min..max | aim | rounds | measured |\n");
        text.Append("| --- | ---: | ---: | ---: | ---: | --- | ---: | --- |\n");
        foreach (var figure in figures)
        {
            var aim = Aims.GetValueOrDefault(figure.Figure)?.Of(figure) ?? "";
            text.Append($"| {string.Join(" | ", [.. figure.Cells(), aim, $"{figure.Rounds}", MeasuredOf(figure, settings)])} |\n");
        }
    }

    private static void WriteRequests(StringBuilder text, IEnumerable<PerformanceFigure> figures, List<string> settings)
    {
        var requests = figures.GroupBy(figure => figure.Figure.Split(Colon)[0]).ToList();
        List<string> kinds = [.. requests.SelectMany(request => request.Select(KindOf)).Distinct()];
        if (kinds.Count == 0)
            return;
        text.Append("\nWhat a request costs: qga / qemu-ga, ratio (min..max).\n");
        text.Append($"\n| request | {string.Join(" | ", kinds)} | rounds | measured |\n");
        text.Append($"| --- |{string.Concat(kinds.Select(_ => " ---: |"))} ---: | --- |\n");
        foreach (var request in requests)
        {
            var cells = kinds.Select(kind => request.FirstOrDefault(figure => KindOf(figure) == kind) is { } figure ? CellOf(figure) : "");
            text.Append($"| {request.Key} | {string.Join(" | ", cells)} | {request.First().Rounds} | {MeasuredOf(request.First(), settings)} |\n");
        }
    }

    private static string KindOf(PerformanceFigure figure) => figure.Cells()[0].Split(Colon)[1];

    private static string CellOf(PerformanceFigure figure)
    {
        var cells = figure.Cells();
        return $"{cells[1]} / {cells[2]}" + (figure.Ratio is null ? "" : $", {cells[3]} ({cells[4]})");
    }

    private static string MeasuredOf(PerformanceFigure figure, List<string> settings) =>
        $"{figure.Date.Split('T')[0]} {figure.Commit?[..7]} {NameOf(SettingOf(figure), settings)}".Replace("  ", " ", StringComparison.Ordinal);

    private static string SettingOf(PerformanceFigure figure) =>
        $"qga {figure.Version} beside qemu-ga {figure.PeerVersion ?? "(none)"}; {figure.Machine.Processor ?? "processor of an unknown model"}, "
        + $"{figure.Machine.Processors} processors, Linux {figure.Machine.Kernel}";

    private static string NameOf(string setting, List<string> settings) => $"({settings.IndexOf(setting) + 1})";

    /// <summary>What a figure is to be.</summary>
    private sealed record Aim(string Text, Func<PerformanceFigure, bool> IsReached)
    {
        internal static Aim RatioAtMost(double most) => new(FormattableString.Invariant($"{most}"), figure => figure.Ratio is not { Median: var ratio } || ratio <= most);

        internal static Aim RatioAtLeast(double least) => new(FormattableString.Invariant($"{least}"), figure => figure.Ratio is not { Median: var ratio } || ratio >= least);

        internal string Of(PerformanceFigure figure) => IsReached(figure) ? Text : $"{Text}, **missed**";
    }
}
