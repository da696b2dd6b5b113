using System.Globalization;
using Newtonsoft.Json.Linq;
using Qga.Actors.Commands;
using Qga.Actors.Freeze;
using Qga.Actors.Schema;
using Qga.Host.CommandLine;
using Qga.Platform.Audit;
using Qga.Platform.Policy;
using Qga.Platform.Work;
using Qga.Transport.Activity;
using Qga.Transport.Channels;
using Qga.Transport.Protocol;

namespace Qga.Host.Control;

/// <summary>What the agent is doing, for whoever asks; read when it is written, from what any thread may read.</summary>
/// <param name="Settings">The settings in effect.</param>
/// <param name="Freeze">Whether the guest is frozen.</param>
/// <param name="Freezes">The last freezes.</param>
/// <param name="Source">The channel.</param>
/// <param name="Activity">The connections and requests of that channel.</param>
/// <param name="Catalog">All commands.</param>
/// <param name="Workers">The pools whose threads may get stuck.</param>
/// <param name="Audit">Where it is recorded what the host does.</param>
internal sealed record AgentStatus(
    LiveSettings Settings,
    FreezeView Freeze,
    FreezeLedger Freezes,
    IChannelSource Source,
    ActivityLog Activity,
    CommandCatalog Catalog,
    IReadOnlyList<WorkerPool> Workers,
    AuditTrail Audit)
    : IQmpValue
{
    internal static CommandDescription Describe() => new("Tells root on the guest what the agent is doing; `qga status` asks for it.")
    {
        Result = SchemaType.StructureOf(
            "QgaStatus",
            "What an agent is doing.",
            new("version", SchemaType.Text, "the version of this agent"),
            new("protocol", SchemaType.Text, "the version of qemu-ga that it is as good as"),
            new("pid", SchemaType.Integer, "its process"),
            new("started", SchemaType.Time, "since when it runs"),
            new("configuration", SchemaType.Text, "its configuration file, if it has read one") { IsOptional = true },
            new("warnings", SchemaType.ListOf(WarningType), "what is odd about its options and its configuration file"),
            new("state-directory", SchemaType.Text, "where it keeps what outlives it"),
            new("channel", ChannelType, "how the host reaches it"),
            new("freeze", FreezeType, "whether the guest is frozen"),
            new("last-freeze", LastFreezeType, "the last freeze that is known, and what it was worth") { IsOptional = true },
            new("hook", HookType, "what is called around a freeze") { IsOptional = true },
            new("policy", PolicyType, "the rules of the guest's policy, if there are any") { IsOptional = true },
            new("disabled-commands", SchemaType.ListOf(DisabledType), "what the administrator has disabled"),
            new("limited-commands", SchemaType.ListOf(DisabledType), "what rules of the policy allow with some arguments, or at some times"),
            new("audit", SchemaType.ListOf(AuditType), "where it is recorded what the host does; older agents leave it out") { IsOptional = true },
            new("stuck-workers", StuckType, "what is stuck in the kernel"),
            new("requests", SchemaType.ListOf(RequestType), "the last requests and those that run")),
        Notes = ["It is answered on `/run/qga/PID.sock` alone, where every other command is too. No host can ask for it."],
    };

    private static SchemaType WarningType => SchemaType.StructureOf(
        "QgaWarning",
        "Something odd that was given to the agent.",
        new("severity", SchemaType.OneOf("QgaSeverity", "warning", "error"), "`error` if what was meant is not done, which may leave something open"),
        new("text", SchemaType.Text, "what it is"));

    private static SchemaType ChannelType => SchemaType.StructureOf(
        "QgaChannel",
        "The channel to the host.",
        new("method", SchemaType.Text, "its kind, as option -m has it"),
        new("path", SchemaType.Text, "where it is, as option -p has it") { IsOptional = true },
        new("has-opened", SchemaType.Boolean, "whether it has been open"),
        new("connections", SchemaType.ListOf(ConnectionType), "those that are open now"));

    private static SchemaType ConnectionType => SchemaType.StructureOf(
        "QgaConnection",
        "A connection.",
        new("peer", SchemaType.Text, "who is at the other end"),
        new("since", SchemaType.Time, "since when"));

    private static SchemaType FreezeType => SchemaType.StructureOf(
        "QgaFreeze",
        "Whether the guest is frozen.",
        new("state", SchemaType.OneOf("QgaFreezeState", "thawed", "changing", "frozen"), "what it is; `changing` on the way from one to the other"),
        new("since", SchemaType.Time, "since when it is frozen") { IsOptional = true },
        new("thaws-at", SchemaType.Time, "when it is thawed if nobody else does it") { IsOptional = true });

    private static SchemaType LastFreezeType => SchemaType.StructureOf(
        "QgaLastFreeze",
        "The last freeze, in short.",
        new("id", SchemaType.Text, "its record's"),
        new("began", SchemaType.Time, "when it was asked for"),
        new("state", SchemaType.Text, "how far it has got, as QgaFreezeRecord has it"),
        new("seconds", SchemaType.Number, "how long all of it was frozen together") { IsOptional = true, Unit = "seconds" },
        new("ended-by", SchemaType.Text, "who has ended it, as QgaFreezeEnd has it") { IsOptional = true },
        new("verdict", SchemaType.Text, "as QgaFreezeRecord has it") { IsOptional = true },
        new("reason", SchemaType.Text, "why it is not consistent") { IsOptional = true });

    private static SchemaType HookType => SchemaType.StructureOf(
        "QgaHook",
        "The program that is called around a freeze.",
        new("path", SchemaType.Text, "its file"),
        new("timeout", SchemaType.Integer, "how long it may take") { Unit = "seconds" },
        new("programs", SchemaType.ListOf(SchemaType.Text), "what it calls in turn; `qga status --json` alone tells it") { IsOptional = true });

    private static SchemaType PolicyType => SchemaType.StructureOf(
        "QgaPolicy",
        "The rules in effect.",
        new("mode", SchemaType.OneOf("QgaPolicyMode", "enforce", "audit-only"), "what becomes of what they refuse"),
        new("directory", SchemaType.Text, "where they are"),
        new("files", SchemaType.ListOf(SchemaType.Text), "their files"),
        new("rules", SchemaType.Integer, "how many there are"),
        new("digest", SchemaType.Text, "what tells them from any others"),
        new("rejected", SchemaType.Text, "why newer rules were not taken at the last reload") { IsOptional = true },
        new("fault", SchemaType.Text, "why they can't be used: all is refused then") { IsOptional = true });

    private static SchemaType AuditType => SchemaType.StructureOf(
        "QgaAuditSink",
        "A place where records go.",
        new("sink", SchemaType.OneOf("QgaAuditSinkName", "journal", "file", "syslog"), "which"),
        new("written", SchemaType.Integer, "how many records it has taken"),
        new("waiting", SchemaType.Integer, "how many wait for it"),
        new("lost", SchemaType.Integer, "how many were lost"),
        new("failure", SchemaType.Text, "why nothing can be written now") { IsOptional = true },
        new("path", SchemaType.Text, "the file") { IsOptional = true },
        new("seq", SchemaType.Integer, "which record of this agent is the last in the file") { IsOptional = true },
        new("hash", SchemaType.Text, "the hash of that record") { IsOptional = true });

    private static SchemaType DisabledType => SchemaType.StructureOf(
        "QgaDisabledCommand",
        "A command that the host may not use.",
        new("name", SchemaType.Text, "its name"),
        new("by", SchemaType.Text, "what says so"));

    private static SchemaType StuckType => SchemaType.StructureOf(
        "QgaStuckWorkers",
        "Workers that the kernel doesn't let go.",
        new("count", SchemaType.Integer, "how many"),
        new("most", SchemaType.Integer, "with so many, no more work is begun"),
        new("in", SchemaType.ListOf(JobType), "what each is stuck in"));

    private static SchemaType JobType => SchemaType.StructureOf(
        "QgaStuckWorker",
        "A worker that is stuck.",
        new("name", SchemaType.Text, "what it does"),
        new("seconds", SchemaType.Number, "for how long") { Unit = "seconds" });

    private static SchemaType RequestType => SchemaType.StructureOf(
        "QgaRequest",
        "A request; neither its arguments nor its answer are kept.",
        new("command", SchemaType.Text, "what was asked"),
        new("began", SchemaType.Time, "when"),
        new("seconds", SchemaType.Number, "how long it took, or has taken by now") { Unit = "seconds" },
        new("result", SchemaType.OneOf("QgaRequestResult", "running", "ok", "error", "refused", "overdue", "given up"), "how it went"));

    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    private AgentOptions Options => Settings.Options;

    public void WriteTo(QmpWriter json)
    {
        json.WriteStartObject();
        json.WriteMember("version", Usage.Version);
        json.WriteMember("protocol", ProtocolLevel.Version);
        json.WriteMember("pid", Environment.ProcessId);
        json.WriteMember("started", Text(_started));
        json.WriteOptionalMember("configuration", Options.ConfigurationFile);
        json.WriteListMember("warnings", Settings.Warnings, static (json, warning) =>
        {
            json.WriteMember("severity", warning.Level);
            json.WriteMember("text", warning.Text);
        });
        json.WriteMember("state-directory", Options.StateDirectory);
        json.WriteObjectMember("channel", this, static (json, status) => status.WriteChannel(json));
        json.WriteObjectMember("freeze", this, static (json, status) => status.WriteFreeze(json));
        if (Freezes.Records() is [.., var last])
            json.WriteObjectMember("last-freeze", FreezesReport.Parse(last), WriteLastFreeze);
        if (Options.FsFreezeHook is { } hook)
            json.WriteObjectMember("hook", (Path: hook, Limit: Options.FsFreezeHookTimeout), WriteHook);
        if (Settings.Filter.Policy is { } policy)
            json.WriteObjectMember("policy", policy, WritePolicy);
        json.WriteListMember("disabled-commands", DisabledCommands(), WriteDisabled);
        json.WriteListMember("limited-commands", LimitedCommands(), WriteDisabled);
        json.WriteListMember("audit", Audit.Sinks, WriteSink);
        json.WriteObjectMember("stuck-workers", this, static (json, status) => status.WriteStuck(json));
        json.WriteListMember("requests", Activity.Requests, WriteRequest);
        json.WriteEndObject();
    }

    /// <summary>A point in time, in ISO 8601.</summary>
    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private void WriteChannel(QmpWriter json)
    {
        json.WriteMember("method", Options.Method);
        json.WriteOptionalMember("path", Options.Path);
        json.WriteMember("has-opened", Source.HasOpened);
        json.WriteListMember("connections", Activity.Connections, static (json, connection) =>
        {
            json.WriteMember("peer", connection.Peer);
            json.WriteMember("since", Text(connection.Since));
        });
    }

    private void WriteFreeze(QmpWriter json)
    {
        var (frozen, isChanging) = Freeze.Facts;
        json.WriteMember("state", isChanging ? "changing" : frozen is null ? "thawed" : "frozen");
        json.WriteOptionalMember("since", frozen is null ? null : Text(frozen.Since));
        json.WriteOptionalMember("thaws-at", frozen?.Until is { } until ? Text(until) : null);
    }

    private static void WriteHook(QmpWriter json, (string Path, TimeSpan Limit) hook)
    {
        json.WriteMember("path", hook.Path);
        json.WriteMember("timeout", (long)hook.Limit.TotalSeconds);
    }

    /// <summary>What the administrator has disabled; that a freeze disables almost all needs no list.</summary>
    private IEnumerable<(string Name, string By)> DisabledCommands() =>
        from spec in Catalog.All
        where !Settings.Filter.Allows(spec)
        select (
            spec.Name,
            Settings.Filter.ListsAllow(spec) ? PolicyOrigin(Settings.Filter.Policy!, spec.Name)
            : Settings.Filter.Blocks(spec) ? $"in {BlockOrigin(spec.Name)}"
            : $"not in {AllowOrigin()}");

    private static string PolicyOrigin(GuestPolicy policy, string name) => policy.Fault is { } fault
        ? $"the policy can't be used: {fault.Message}"
        : policy.Reachable(name) is [.., { IsUnconditional: true } rule] ? $"denied by {rule.Path}:{rule.Line}"
        : $"allowed by no rule in {policy.Directory}";

    private IEnumerable<(string Name, string By)> LimitedCommands() =>
        from spec in Catalog.All
        let policy = Settings.Filter.Policy
        where policy is { IsEnforced: true } && Settings.Filter.Allows(spec) && policy.StandingOf(spec.Name) == PolicyStanding.Limited
        select (spec.Name, $"by {string.Join(", ", policy.Reachable(spec.Name).Where(rule => !rule.IsUnconditional).Select(rule => rule.Origin))}");

    /// <summary>The policy-mode that makes a policy what it is.</summary>
    internal static string ModeOf(GuestPolicy policy) =>
        CommandLine.Settings.PolicyModes[(int)(policy.IsEnforced ? PolicyMode.Enforce : PolicyMode.AuditOnly)];

    private static void WritePolicy(QmpWriter json, GuestPolicy policy)
    {
        json.WriteMember("mode", ModeOf(policy));
        json.WriteMember("directory", policy.Directory);
        json.WriteListMember("files", policy.Rules.Select(rule => rule.Path).Distinct());
        json.WriteMember("rules", policy.Rules.Count);
        json.WriteMember("digest", policy.Digest);
        json.WriteOptionalMember("rejected", policy.Rejected?.Message);
        json.WriteOptionalMember("fault", policy.Fault?.Message);
    }

    private static void WriteSink(QmpWriter json, AuditSinkState sink)
    {
        json.WriteMember("sink", sink.Name);
        json.WriteMember("written", sink.Written);
        json.WriteMember("waiting", sink.Waiting);
        json.WriteMember("lost", sink.Lost);
        json.WriteOptionalMember("failure", sink.Failure);
        json.WriteOptionalMember("path", sink.Path);
        json.WriteOptionalMember("seq", sink.Head?.Sequence);
        json.WriteOptionalMember("hash", sink.Head?.Hash);
    }

    private string BlockOrigin(string name) => Options.OfFile?.BlockRpcs.Contains(name) == true
        ? $"block-rpcs of [general] in {Options.ConfigurationFile}"
        : "option --block-rpcs";

    private string AllowOrigin() => (Options.OfFile?.AllowRpcs.Count ?? 0) switch
    {
        _ when Settings.IsProvisional => "what is safe without the configuration, which could not be used",
        0 => "option --allow-rpcs",
        var count when count == Options.AllowRpcs.Count => $"allow-rpcs of [general] in {Options.ConfigurationFile}",
        _ => $"allow-rpcs of [general] in {Options.ConfigurationFile}, nor in option --allow-rpcs",
    };

    private static void WriteDisabled(QmpWriter json, (string Name, string By) command)
    {
        json.WriteMember("name", command.Name);
        json.WriteMember("by", command.By);
    }

    private static void WriteLastFreeze(QmpWriter json, JObject record)
    {
        json.WriteMember("id", $"{record["id"]}");
        json.WriteMember("began", $"{record["began"]?["time"]}");
        json.WriteMember("state", $"{record["state"]}");
        if ((long?)record["interval"]?["nanoseconds"] is { } nanoseconds)
            json.WriteMember("seconds", nanoseconds / 1e9);
        json.WriteOptionalMember("ended-by", (string?)record["ended"]?["by"]);
        json.WriteOptionalMember("verdict", (string?)record["verdict"]);
        json.WriteOptionalMember("reason", (string?)record["reason"]);
    }

    private void WriteStuck(QmpWriter json)
    {
        IReadOnlyList<WorkerPool.Job> stuck = [.. Workers.SelectMany(pool => pool.StuckJobs)];
        json.WriteMember("count", stuck.Count);
        json.WriteMember("most", Options.MaxStuckWorkers);
        json.WriteListMember("in", stuck, static (json, job) =>
        {
            json.WriteMember("name", job.Name);
            json.WriteMember("seconds", job.Age.TotalSeconds);
        });
    }

    private static void WriteRequest(QmpWriter json, RequestRecord request)
    {
        json.WriteMember("command", request.Command);
        json.WriteMember("began", Text(DateTimeOffset.UtcNow - request.Age));
        json.WriteMember("seconds", request.Duration.TotalSeconds);
        json.WriteMember("result", request.Result switch
        {
            null => "running",
            RequestResult.Succeeded => "ok",
            RequestResult.Failed => "error",
            RequestResult.Refused => "refused",
            RequestResult.Overdue => "overdue",
            _ => "given up",
        });
    }
}
