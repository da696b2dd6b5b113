using System.Text.RegularExpressions;
using Qga.Host.Tests.Audit;
using Qga.Testing;

namespace Qga.Host.Tests.Metrics;

/// <summary>What the published agent counts.</summary>
public sealed class MetricsTests : IDisposable
{
    private readonly AuditedAgent _lab = new("deny guest-set-time\ndeny guest-shutdown mode-of-shutdown=halt\nallow *");

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Metrics_are_what_prometheus_takes_and_tell_what_was_done()
    {
        using var client = _lab.Agent.Connect();
        for (var number = 0; number < 5; number++)
            client.Ask(Qmp.Ping);
        client.Ask(Qmp.Open("/no/such/file"));
        client.Ask("""{"execute":"no\"such\\command\n"}""");
        client.Ask(Qmp.Request("guest-shutdown", ("mode", "halt")));
        client.Ask(Qmp.Request("guest-set-time"));

        var metrics = Read();

        Assert.Equal(1, metrics["qga_up"]);
        Assert.Equal(5, metrics["qga_requests_total{command=\"guest-ping\",result=\"ok\"}"]);
        Assert.Equal(1, metrics["qga_requests_total{command=\"guest-file-open\",result=\"error\"}"]);
        Assert.Equal(1, metrics["qga_requests_total{command=\"unknown\",result=\"refused\"}"]);
        Assert.Equal(1, metrics["qga_requests_total{command=\"guest-shutdown\",result=\"refused\"}"]);
        Assert.Equal(5, metrics["qga_request_duration_seconds_count{command=\"guest-ping\"}"]);
        Assert.True(metrics["qga_request_duration_seconds_sum{command=\"guest-ping\"}"] > 0);
        Assert.Equal((2, 0), (metrics["qga_policy_refusals_total{enforced=\"true\"}"], metrics["qga_policy_refusals_total{enforced=\"false\"}"]));
        Assert.Equal((3, 0), (metrics["qga_policy_rules"], metrics["qga_policy_unusable"]));
        Assert.Equal((1, 0, 0), (metrics["qga_connections"], metrics["qga_stuck_workers"], metrics["qga_frozen"]));
        Assert.Equal(0, metrics["qga_audit_records_lost_total{sink=\"file\"}"]);
        Assert.Equal(0, metrics["qga_freezes_total{ended_by=\"host\",verdict=\"consistent\"}"]);
        Assert.True(metrics["qga_resident_memory_bytes"] > 1024 * 1024);
        Assert.True(metrics["qga_cpu_seconds_total"] > 0);
        Assert.InRange(metrics["qga_open_fds"], 5, 200);
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - metrics["qga_start_time_seconds"], metrics["qga_uptime_seconds"] - 5, 600);
    }

    [Fact]
    public void Root_who_asks_is_not_counted_and_counters_only_grow()
    {
        using var client = _lab.Agent.Connect();
        client.Ask(Qmp.Ping);
        using (var root = _lab.Agent.ConnectAsRoot())
            root.Ask(Qmp.Ping);
        Assert.Equal(1, Read()["qga_requests_total{command=\"guest-ping\",result=\"ok\"}"]);
        client.Ask(Qmp.Ping);
        Assert.Equal(2, Read()["qga_requests_total{command=\"guest-ping\",result=\"ok\"}"]);
        Assert.Contains("qga-metrics has not been found", client.Ask("""{"execute":"qga-metrics"}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void File_for_the_collector_is_replaced_as_a_whole()
    {
        var path = _lab.PathOf("qga.prom");
        File.WriteAllText(path, "old");
        var reader = File.OpenRead(path);

        Assert.Equal(new ProcessRun(0, "", ""), _lab.Subcommand("metrics", $"--output={path}"));

        Assert.Equal("old", new StreamReader(reader).ReadToEnd());
        Assert.Equal(1, Exposition.Parse(File.ReadAllText(path))["qga_up"]);
        Assert.Equal("-rw-r--r--", ProcessRun.Of("stat", ["-c", "%A", path]).Output.TrimEnd());
        Assert.Equal(["qga.prom"], Directory.GetFiles(Path.GetDirectoryName(path)!, "qga.prom*").Select(Path.GetFileName));
        Assert.Equal(1, _lab.Subcommand("metrics", $"--output={_lab.PathOf("no/such/qga.prom")}").ExitCode);
        Assert.Equal(new ProcessRun(1, "", "qga: --output= names no file\n"), _lab.Subcommand("metrics", "--output="));
    }

    [Fact]
    public void Guest_without_an_agent_says_so()
    {
        _lab.Agent.End(Signal.Terminate);
        var run = ProcessRun.Of("unshare", ["--mount", "sh", "-c", $"mount -t tmpfs none /run && exec {PublishedAgent.Executable} metrics"]);

        Assert.Equal((2, "qga: no agent runs here\n"), (run.ExitCode, run.Error));
        Assert.Equal(0, Exposition.Parse(run.Output)["qga_up"]);
    }

    [Fact]
    public void Sample_units_call_it_so()
    {
        var unit = File.ReadAllText(Repository.PathOf("config/metrics/qga-metrics.service"));

        Assert.Matches(new Regex("^ExecStart=/usr/sbin/qga metrics --output=/var/lib/prometheus/node-exporter/qga\\.prom$", RegexOptions.Multiline, TimeSpan.FromSeconds(1)), unit);
    }

    private Exposition Read()
    {
        var run = _lab.Subcommand("metrics");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return Exposition.Parse(run.Output);
    }
}
