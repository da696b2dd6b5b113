using System.Diagnostics;
using Qga.Actors.Commands;
using Qga.Actors.Freeze;
using Qga.Actors.Schema;
using Qga.Host.CommandLine;
using Qga.Platform.Audit;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.OwnProcess;
using Qga.Platform.Work;
using Qga.Transport.Activity;
using Qga.Transport.Protocol;

namespace Qga.Host.Metrics;

/// <summary>What is counted of the agent, for Prometheus; read when it is written, from what any thread may read.</summary>
/// <param name="settings">The settings in effect.</param>
/// <param name="freeze">What is counted of freezes.</param>
/// <param name="activity">The connections and requests of hosts.</param>
/// <param name="workers">The pools whose threads may get stuck.</param>
/// <param name="refusals">What the policy refuses.</param>
/// <param name="audit">Where records go.</param>
internal sealed class AgentMetrics(
    LiveSettings settings, FreezeView freeze, ActivityLog activity, IReadOnlyList<WorkerPool> workers, PolicyTally refusals, AuditTrail audit)
    : IQmpValue
{
    /// <summary>What tells whether there is an agent.</summary>
    internal const string Up = "qga_up";

    private const string Frozen = "qga_frozen";

    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;
    private readonly long _startedAt = Stopwatch.GetTimestamp();

    internal static CommandDescription Describe() => new("Tells root on the guest what is counted of the agent; `qga metrics` asks for it.")
    {
        Result = SchemaType.Text,
        Notes =
        [
            "The text format of Prometheus, version 0.0.4. It is answered on `/run/qga/PID.sock` alone. No host can ask for it.",
        ],
    };

    public void WriteTo(QmpWriter json) => json.WriteValue(Text());

    /// <summary>The text of a guest without an agent.</summary>
    internal static string OfNobody() => AddUp(new PrometheusText(), isUp: false).ToString();

    /// <summary>Whether a line of the text says that the guest is frozen.</summary>
    internal static bool SaysFrozen(string line) =>
        (line.StartsWith($"{Frozen} ", StringComparison.Ordinal) || line.StartsWith($"{Frozen}{{", StringComparison.Ordinal))
        && line.EndsWith(" 1", StringComparison.Ordinal);

    private static PrometheusText AddUp(PrometheusText text, bool isUp) =>
        text.Gauge(Up, "Whether an agent runs and has answered.").Sample(isUp ? 1 : 0);

    private string Text()
    {
        var text = AddUp(new PrometheusText(), isUp: true);
        text.Gauge("qga_build_info", "The version of the agent, and of the protocol of qemu-ga that it speaks.")
            .Sample(1, ("version", Usage.Version), ("protocol", ProtocolLevel.Version));
        text.Gauge("qga_start_time_seconds", "When the agent was started, in seconds since 1970.").Sample(_started.ToUnixTimeMilliseconds() / 1000.0);
        text.Gauge("qga_uptime_seconds", "For how long the agent runs.").Sample(Stopwatch.GetElapsedTime(_startedAt).TotalSeconds);
        AddRequests(text);
        AddWorkers(text);
        AddFreezes(text);
        AddPolicy(text);
        AddAudit(text);
        AddProcess(text);
        return text.ToString();
    }

    private void AddRequests(PrometheusText text)
    {
        text.Gauge("qga_connections", "Connections of hosts that are open.").Sample(activity.Connections.Count);
        List<CommandCounters> commands = [.. activity.Counters.All];
        text.Counter("qga_requests_total", "Requests of hosts that have ended, by command and result.");
        foreach (var command in commands)
        {
            foreach (var result in Enum.GetValues<RequestResult>().Where(result => command.Of(result) > 0))
                text.Sample(command.Of(result), ("command", NameOf(command)), ("result", NameOf(result)));
        }

        text.Histogram("qga_request_duration_seconds", "How long requests of hosts took, by command.");
        foreach (var command in commands)
            text.Samples(CommandCounters.Bounds, command.BySpan, command.Seconds, ("command", NameOf(command)));
    }

    private void AddWorkers(PrometheusText text)
    {
        text.Gauge("qga_stuck_workers", "Workers that the kernel does not let go.").Sample(workers.Sum(pool => pool.Stuck));
        text.Gauge("qga_stuck_workers_limit", "With so many, commands are refused.").Sample(settings.Options.MaxStuckWorkers);
    }

    private void AddFreezes(PrometheusText text)
    {
        text.Gauge(Frozen, "Whether the guest is frozen, or on its way into it or out of it.").Sample(freeze.Facts.IsThawed ? 0 : 1);
        text.Counter("qga_frozen_seconds_total", "How long the guest was frozen.").Sample(freeze.Tally.Frozen.TotalSeconds);
        text.Counter("qga_freezes_total", "Freezes that are over, by who ended them, and what they were worth.");
        foreach (var by in Enum.GetValues<FreezeEnder>())
        {
            text.Sample(freeze.Tally.Of(by, isConsistent: true), ("ended_by", FreezeRecordText.NameOf(by)), ("verdict", "consistent"));
            text.Sample(freeze.Tally.Of(by, isConsistent: false), ("ended_by", FreezeRecordText.NameOf(by)), ("verdict", "not consistent"));
        }
    }

    private void AddPolicy(PrometheusText text)
    {
        text.Counter("qga_policy_refusals_total", "Requests that the guest's policy has refused, or would have if it was enforced.")
            .Sample(refusals.Refused, ("enforced", "true")).Sample(refusals.Tolerated, ("enforced", "false"));
        text.Gauge("qga_policy_rules", "Rules of the guest's policy in effect.").Sample(settings.Filter.Policy?.Rules.Count ?? 0);
        text.Gauge("qga_policy_unusable", "Whether the rules can't be used, so that all is refused that can be.")
            .Sample(settings.Filter.Policy?.Fault is null ? 0 : 1);
    }

    private void AddAudit(PrometheusText text)
    {
        var sinks = audit.Sinks;
        if (sinks.Count == 0)
            return;
        Add(text.Counter("qga_audit_records_total", "Records of the audit that were written."), sink => sink.Written);
        Add(text.Counter("qga_audit_records_lost_total", "Records of the audit that were lost."), sink => sink.Lost);
        Add(text.Gauge("qga_audit_records_waiting", "Records of the audit that wait to be written."), sink => sink.Waiting);
        Add(text.Gauge("qga_audit_failing", "Whether a place of the audit can't be written now."), sink => sink.Failure is null ? 0 : 1);

        void Add(PrometheusText family, Func<AuditSinkState, double> value)
        {
            foreach (var sink in sinks)
                family.Sample(value(sink), ("sink", sink.Name));
        }
    }

    /// <summary>Not by the usual names: where node_exporter collects them, they are its own.</summary>
    private static void AddProcess(PrometheusText text)
    {
        text.Gauge("qga_resident_memory_bytes", "Memory that the agent has resident.").Sample(ResourceUse.ResidentMemory);
        text.Counter("qga_cpu_seconds_total", "Processor time that the agent has taken.").Sample(ResourceUse.ProcessorTime.TotalSeconds);
        if (ResourceUse.Descriptors is { } descriptors)
            text.Gauge("qga_open_fds", "Descriptors that the agent has open.").Sample(descriptors);
    }

    /// <summary>What is no command has one name, whatever the host says.</summary>
    private static string NameOf(CommandCounters command) => command.Name.Length > 0 ? command.Name : "unknown";

    private static string NameOf(RequestResult result) => result switch
    {
        RequestResult.Succeeded => "ok",
        RequestResult.Refused => "refused",
        RequestResult.Overdue => "overdue",
        RequestResult.GivenUp => "given_up",
        _ => "error",
    };
}
