using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Platform.Audit;
using Qga.Platform.Diagnosis;

namespace Qga.Host.Check;

/// <summary>Whether what the host does is recorded where it is to be, by what is configured and by the word of the agent that runs.</summary>
internal static class AuditCheck
{
    private const string Subject = "audit";

    internal static IEnumerable<Finding> Run(AgentOptions options, IReadOnlyList<LocalAgent> agents)
    {
        var settings = options.AuditSettings;
        yield return options.Audit.Count == 0
            ? new Finding(Severity.Warning, Subject, "audit is off: nothing records what the host does")
            : new Finding(Severity.Ok, Subject, $"what the host does is recorded by {string.Join(", ", options.Audit)}");
        if (settings.Syslog && !AuditTrail.HasSyslog)
            yield return new Finding(Severity.Warning, Subject, "there is no syslog here, nobody listens at /dev/log: records for it are lost");
        if (settings.Journal && !AuditTrail.HasJournal)
            yield return new Finding(Severity.Warning, Subject, "there is no journal here: records for it wait, and are lost in the end");
        if (settings.File is { } path && AuditFiles.FaultOf(path) is { } fault)
            yield return new Finding(Severity.Error, Subject, $"{fault}: nothing is written to it");

        foreach (var agent in agents)
        {
            if (agent.Status?["audit"] is not { } sinks)
                continue;
            string[] now = [.. sinks.Select(sink => $"{sink["sink"]}").Order(StringComparer.Ordinal)];
            if (!now.SequenceEqual(options.Audit.Order(StringComparer.Ordinal)))
            {
                var places = now.Length == 0 ? "nothing" : string.Join(", ", now);
                yield return new Finding(
                    Severity.Error, Subject, $"agent {agent.Process} records by {places}: have it read its settings anew (systemctl reload)");
            }
        }

        foreach (var sink in agents.SelectMany(agent => agent.Status?["audit"] ?? new Newtonsoft.Json.Linq.JArray()))
        {
            if (sink["failure"] is { } failure)
            {
                // What is for a syslog that a guest does not have is lost with qemu-ga too.
                var severity = (string?)sink["sink"] == "syslog" ? Severity.Warning : Severity.Error;
                yield return new Finding(severity, Subject, $"{sink["sink"]}: {failure}; {sink["waiting"]} records wait");
            }

            if ((long?)sink["lost"] > 0)
                yield return new Finding(Severity.Warning, Subject, $"{sink["sink"]}: {sink["lost"]} records were lost since the agent was started");
        }
    }
}
