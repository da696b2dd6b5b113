using Qga.Host.CommandLine;
using Qga.Platform.Audit;
using Qga.Platform.Policy;

namespace Qga.Host.Audit;

/// <summary>What the agent itself has to record: under which settings it serves, from when and until when.</summary>
internal static class AuditEvents
{
    internal static AuditRecord Started(LiveSettings settings)
    {
        var record = new AuditRecord(AuditKind.Start, $"qga {Usage.Version} serves, {TextOf(settings.Filter.Policy)}");
        record.Members
            .Add("version", Usage.Version)
            .Add("channel", settings.Options.Method)
            .Add("audit", settings.Options.Audit)
            .Add("configuration", settings.Options.ConfigurationFile);
        AddPolicy(record, settings.Filter.Policy);
        return record;
    }

    internal static AuditRecord Reloaded(LiveSettings settings, bool isNew)
    {
        var what = isNew ? "the settings were read anew" : "the settings stay as they were";
        var record = new AuditRecord(AuditKind.Reload, $"{what}, {TextOf(settings.Filter.Policy)}");
        record.Members.Add("result", isNew ? "ok" : "error").Add("audit", settings.Options.Audit);
        AddPolicy(record, settings.Filter.Policy);
        return record;
    }

    /// <summary>The record goes elsewhere from now on.</summary>
    internal static AuditRecord Moved(AgentOptions options)
    {
        var record = new AuditRecord(AuditKind.Reload, $"what the host does is recorded by {TextOf(options)} from now on");
        record.Members.Add("result", "ok").Add("audit", options.Audit);
        return record;
    }

    /// <summary>Where records go, in words.</summary>
    internal static string TextOf(AgentOptions options) => options.Audit.Count == 0 ? "nothing" : string.Join(", ", options.Audit);

    internal static AuditRecord Stopped() => new(AuditKind.Stop, $"qga {Usage.Version} ends");

    private static void AddPolicy(AuditRecord record, GuestPolicy? policy) => record.Members
        .Add("policy-rules", policy?.Rules.Count ?? 0L)
        .Add("policy-enforced", policy?.IsEnforced ?? false)
        .Add("policy-fault", policy?.Fault?.Message);

    private static string TextOf(GuestPolicy? policy) =>
        policy is null ? "without a policy" :
        policy.Fault is { } fault ? $"with a policy that can't be used: {fault.Message}" :
        $"with {policy.Rules.Count} rules{(policy.IsEnforced ? "" : ", which are not enforced")}";
}
