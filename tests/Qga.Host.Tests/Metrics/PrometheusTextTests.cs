using Qga.Host.Metrics;

namespace Qga.Host.Tests.Metrics;

/// <summary>The text format of Prometheus, as it is written and as the tests read it.</summary>
public class PrometheusTextTests
{
    [Fact]
    public void Several_agents_are_told_apart_by_a_label()
    {
        const string Expected = """
            # HELP qga_up Up.
            # TYPE qga_up gauge
            qga_up{agent="1"} 1
            qga_up{agent="2"} 1
            # HELP qga_x_total X.
            # TYPE qga_x_total counter
            qga_x_total{agent="1",name="y"} 2
            qga_x_total{agent="2",name="y"} 2

            """;
        var text = new PrometheusText();
        text.Gauge("qga_up", "Up.").Sample(1);
        text.Counter("qga_x_total", "X.").Sample(2, ("name", "y"));

        Assert.Equal(Expected, PrometheusText.OfAll([(1, $"{text}"), (2, $"{text}")]));
    }

    [Fact]
    public void Samples_are_written_as_the_format_has_them()
    {
        var text = new PrometheusText();
        text.Gauge("qga_up", "Up.").Sample(1);
        text.Counter("qga_x_total", "A \\ and\na line.").Sample(0.5, ("name", "a\"b\\c\nd"), ("other", "")).Sample(1e21, ("name", "y"), ("other", "z"));
        text.Histogram("qga_t_seconds", "Times.").Samples([0.1, 2], [1, 0, 2], 7.25, ("command", "c"));

        const string Expected = """
            # HELP qga_up Up.
            # TYPE qga_up gauge
            qga_up 1
            # HELP qga_x_total A \\ and\na line.
            # TYPE qga_x_total counter
            qga_x_total{name="a\"b\\c\nd",other=""} 0.5
            qga_x_total{name="y",other="z"} 1E+21
            # HELP qga_t_seconds Times.
            # TYPE qga_t_seconds histogram
            qga_t_seconds_bucket{command="c",le="0.1"} 1
            qga_t_seconds_bucket{command="c",le="2"} 1
            qga_t_seconds_bucket{command="c",le="+Inf"} 3
            qga_t_seconds_sum{command="c"} 7.25
            qga_t_seconds_count{command="c"} 3

            """;
        Assert.Equal(Expected, text.ToString());
        Assert.Equal(3, Exposition.Parse(Expected)["qga_t_seconds_count{command=\"c\"}"]);
    }

    [Fact]
    public void Guest_without_an_agent_has_one_sample()
    {
        var text = Exposition.Parse(AgentMetrics.OfNobody());

        Assert.Equal(["qga_up"], text.Families);
        Assert.Equal(0, text["qga_up"]);
    }

    [Theory]
    [InlineData("# HELP a A.\n# TYPE a gauge\na 1")]
    [InlineData("a 1\n")]
    [InlineData("# HELP a A.\na 1\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\na 1\na 1\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\na x\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\na{b=\"c} 1\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\na{b=\"\\x\"} 1\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\na{b=\"1\",b=\"2\"} 1\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\na{1b=\"1\"} 1\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\n\na 1\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\nb 1\n")]
    [InlineData("# HELP a A.\n# TYPE a counter\na 1\n")]
    [InlineData("# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n")]
    [InlineData("# HELP a_total A.\n# TYPE a_total counter\na_total -1\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\na 1\n# HELP b B.\n# TYPE b gauge\nb 1\n# HELP a A.\n# TYPE a gauge\na{x=\"y\"} 1\n")]
    [InlineData("# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n")]
    [InlineData("# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n")]
    [InlineData("# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n")]
    public void What_is_not_the_format_is_not_taken_for_it(string text) => Assert.ThrowsAny<Exception>(() => Exposition.Parse(text));
}
