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

    private static readonly Dictionary<string, Aim> Aims = new()
    {
        ["ping latency, median"] = Aim.RatioAtMost(0.8),
        ["ping latency, p99"] = Aim.RatioAtMost(1),
        ["ping latency on an idle machine"] = Aim.RatioAtMost(0.9),
        ["pipelined pings"] = Aim.RatioAtLeast(4),
        ["file write 64 KiB"] = Aim.RatioAtLeast(14),
        ["file write 1 MiB"] = Aim.RatioAtLeast(29),
        ["file write 8 MiB"] = Aim.RatioAtLeast(23),
        ["file read 64 KiB"] = Aim.RatioAtLeast(8),
        ["file read 1 MiB"] = Aim.RatioAtLeast(15),
        ["file read 8 MiB"] = Aim.RatioAtLeast(12),
        ["file read 64 KiB, beside C"] = Aim.RatioAtLeast(0.9),
        ["file read 1 MiB, beside C"] = Aim.RatioAtLeast(0.9),
        ["file read 8 MiB, beside C"] = Aim.RatioAtLeast(0.9),
        ["exec round trips"] = Aim.RatioAtLeast(1.5),
        ["ten inventory commands"] = Aim.RatioAtMost(0.4),
        ["list of 1000 interfaces"] = Aim.RatioAtMost(0.1),
        ["fsinfo of 500 mounts"] = Aim.RatioAtMost(0.15),
        ["1000 disks"] = Aim.RatioAtMost(0.08),
        ["start to first ping"] = Aim.AtMost(12, "ms"),
        ["qgactl call, start to end"] = Aim.AtMost(40, "ms"),
        ["PSS idle"] = Aim.AtMost(11, "MiB"),
        ["PSS after 10000 pings"] = Aim.AtMost(20, "MiB"),
        ["PSS 5 s after transfers"] = Aim.AtMost(22, "MiB"),
        ["wake-ups idle"] = Aim.AtMost(0, null),
        ["executable"] = Aim.AtMost(15, "MB"),
        ["a request at either pace: processor time"] = Aim.RatioAtMost(1.2),
        ["a request every 5 ms: latency"] = Aim.RatioAtMost(0.9),
        ["guest-ping every 5 ms: voluntary switches"] = Aim.AtMost(1.2, null),
        ["guest-get-users every 5 ms: voluntary switches"] = Aim.AtMost(1.2, null),
        ["guest-get-vcpus every 5 ms: voluntary switches"] = Aim.AtMost(1.2, null),
        ["a request every 5 ms: involuntary switches"] = Aim.AtMost(1, null),
        ["exec round trip: processor time"] = Aim.RatioAtMost(1.2),
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
        var aim = Aims.GetValueOrDefault(figure.Figure) is { } known ? $"; aim {known.Of(figure)}" : "";
        return $"{cells[1]} / {cells[2]}" + (figure.Ratio is null ? "" : $", {cells[3]} ({cells[4]})") + aim;
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

        internal static Aim AtMost(double most, string? unit) =>
            new(FormattableString.Invariant($"{most} {unit}").TrimEnd(), figure => figure.Ours <= most);

        internal string Of(PerformanceFigure figure) =>
            figure.IsDisturbed ? $"{Text}, no verdict: too busy" :
            IsReached(figure) ? Text :
            $"{Text}, **missed**";
    }
}
