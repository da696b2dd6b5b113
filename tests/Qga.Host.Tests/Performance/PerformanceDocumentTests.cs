using Qga.Docs;
using Qga.Testing;

namespace Qga.Host.Tests.Performance;

/// <summary>Which lines of the history docs/performance.md shows, and how. That it is drawn from them at all, ProtocolSchemaTests holds.</summary>
public class PerformanceDocumentTests
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs/performance.md"));
    private static readonly PerformanceMachine Machine = new("Processor 9000", 2, "6.18.1");

    [Fact]
    public void Newest_line_of_a_clean_commit_is_shown_wherever_it_stands()
    {
        var older = Figure("start to first ping", 10) with { Date = "2026-11-26T10:00:00Z" };
        var newer = older with { Ours = 11, Date = "2026-11-26T11:00:00Z" };
        var dirty = older with { Ours = 12, Date = "2026-11-26T12:00:00Z", Dirty = true };

        var row = Assert.Single(Rows(newer, dirty, older));

        Assert.Equal("| start to first ping, ms | 11.0 | 5.00 | 2.00 | 1.50..2.50 | 12 ms | 7 | 2026-11-26 0123456 (1) |", row);
    }

    [Fact]
    public void Run_of_one_figure_leaves_the_others_as_they_were()
    {
        var (first, second) = (Figure("one", 1), Figure("another", 1));

        var rows = Rows(first, second, first with { Ours = 2, Date = "2026-11-27T00:00:00Z" });

        Assert.Collection(
            rows,
            row => Assert.StartsWith("| one, ms | 2.00 |", row, StringComparison.Ordinal),
            row => Assert.StartsWith("| another, ms | 1.00 |", row, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ping latency, median", 0.8, "0.8")]
    [InlineData("ping latency, median", 0.81, "0.8, **missed**")]
    [InlineData("exec round trips", 1.5, "1.5")]
    [InlineData("exec round trips", 1.49, "1.5, **missed**")]
    public void Aim_that_is_missed_is_said_to_be(string figure, double ratio, string cell) =>
        Assert.Contains($"| {cell} |", Assert.Single(Rows(Figure(figure, 1) with { Ratio = new PerformanceRatio(ratio, null, null) })), StringComparison.Ordinal);

    [Theory]
    [InlineData(0.3, "1.50 | 1.50..1.50 | 1.5")]
    [InlineData(0.31, "too busy | 1.50..1.50 | 1.5, no verdict: too busy")]
    public void Peer_that_differs_from_itself_gives_no_verdict(double spread, string cells) => Assert.Contains(
        $"| {cells} |",
        Assert.Single(Rows(Figure("exec round trips", 1) with { PeerSpread = spread, Ratio = new PerformanceRatio(1.5, 1.5, 1.5) })),
        StringComparison.Ordinal);

    [Fact]
    public void Without_peer_or_commit_their_places_are_empty()
    {
        var row = Assert.Single(Rows(Figure("one", 1) with { Peer = null, Ratio = null, Rounds = null, Commit = null, Dirty = null }));

        Assert.Equal("| one, ms | 1.00 |  |  |  |  |  | 2026-11-26 (1) |", row);
    }

    [Fact]
    public void Costs_of_a_request_are_one_row()
    {
        var voluntary = Figure("ping: voluntary switches", 2) with { Unit = null, Ratio = null };

        var text = Text(Figure("ping: latency", 20), voluntary, Figure("exec: latency", 500));

        Assert.Contains("| request | latency, ms | voluntary switches | rounds | measured |\n", text, StringComparison.Ordinal);
        Assert.Contains("| ping | 20.0 / 5.00, 2.00 (1.50..2.50) | 2.00 / 5.00 | 7 | 2026-11-26 0123456 (1) |\n", text, StringComparison.Ordinal);
        Assert.Contains("| exec | 500 / 5.00, 2.00 (1.50..2.50) |  | 7 | 2026-11-26 0123456 (1) |\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_machine_is_named_once()
    {
        var text = Text(Figure("one", 1), Figure("another", 1), Figure("a third", 1) with { Machine = Machine with { Processors = 4 } });

        Assert.Contains("(1): qga 9.9 beside qemu-ga 11.1; Processor 9000, 2 processors, Linux 6.18.1.\n", text, StringComparison.Ordinal);
        Assert.Contains("(2): qga 9.9 beside qemu-ga 11.1; Processor 9000, 4 processors, Linux 6.18.1.\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("(3)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_surrounds_the_figures_stays()
    {
        var text = Text(Figure("one", 1));

        Assert.NotEqual(Page, text);
        Assert.Equal(Page, PerformanceDocument.Text(text, PerformanceFigure.Read(File.ReadLines(Repository.PathOf(PerformanceFigure.History)))));
    }

    [Fact]
    public void Page_without_a_place_for_figures_is_an_error() =>
        Assert.Throws<InvalidDataException>(() => PerformanceDocument.Text("# Performance\n", [Figure("one", 1)]));

    [Fact]
    public void Line_says_the_same_when_it_is_read()
    {
        var whole = Figure("one", 1.5);
        var least = Figure("two", 0) with
        {
            Unit = null,
            Peer = null,
            Ratio = null,
            PeerSpread = null,
            Busy = null,
            Rounds = null,
            Commit = null,
            Dirty = null,
            Version = null,
            PeerVersion = null,
        };

        Assert.Equal([whole, least], PerformanceFigure.Read([whole.ToJson(), least.ToJson()]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"figure\": \"one\"}")]
    [InlineData("""{"figure":null,"unit":null,"ours":1,"peer":null,"ratio":null,"rounds":1,"date":"","commit":"","dirty":false,"version":"","peerVersion":"","machine":{}}""")]
    public void Line_that_is_no_figure_is_named(string line)
    {
        var failure = Assert.Throws<InvalidDataException>(() => PerformanceFigure.Read([Figure("one", 1).ToJson(), line]));

        Assert.StartsWith("docs/performance/history.jsonl, line 2: ", failure.Message, StringComparison.Ordinal);
    }

    private static PerformanceFigure Figure(string name, double ours) => new(
        name, "ms", ours, Peer: 5, new PerformanceRatio(2, 1.5, 2.5), PeerSpread: 0.1, Busy: 0.01, Rounds: 7,
        "2026-11-26T09:00:00Z", Commit, Dirty: false, "9.9", "11.1", Machine);

    private static string Text(params PerformanceFigure[] history) => PerformanceDocument.Text(Page, history);

    /// <summary>Those of the first table, which has nothing but lines about its own columns before them.</summary>
    private static IEnumerable<string> Rows(params PerformanceFigure[] history) => Text(history)
        .Split('\n').SkipWhile(line => !line.StartsWith("| figure |", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'));
}
