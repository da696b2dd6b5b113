using Newtonsoft.Json.Linq;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Platform.Diagnosis;
using Qga.Platform.Freeze.Guardian;
using Qga.Platform.Processes.Keeper;
using Qga.Platform.Streams;

namespace Qga.Host.Check;

/// <summary>Whether one agent runs, and answers, and nobody else wants its channel.</summary>
internal static class AgentsCheck
{
    private const string Subject = "agent";
    private static readonly string[] Names = ["qemu-ga", Usage.ProgramName];

    internal static IEnumerable<Finding> Run(AgentOptions options, IReadOnlyList<LocalAgent> ours)
    {
        var others = Rivals(options, [.. ours.Select(agent => agent.Process)]);
        if (ours.Count == 0)
            yield return new Finding(
                Severity.Error, Subject,
                $"no agent runs (none listens in {ControlSocket.Directory}); the log of the service qemu-guest-agent may tell why");
        else if (ours.Count > 1)
            yield return new Finding(
                Severity.Error, Subject, $"several agents run: processes {string.Join(", ", ours.Select(agent => agent.Process))}");

        foreach (var finding in ours.SelectMany(Findings))
            yield return finding;
        foreach (var other in others)
            yield return new Finding(
                Severity.Error, Subject, $"another agent runs: process {other.Id} ({other.Name}); stop it, as only one can serve a channel");
    }

    private static IEnumerable<Finding> Findings(LocalAgent agent)
    {
        if (agent.Status is not { } status)
        {
            yield return new Finding(Severity.Error, Subject, $"agent {agent.Process} does not answer: {agent.Failure}");
            yield break;
        }

        yield return new Finding(Severity.Ok, Subject, $"agent {agent.Process} answers");
        foreach (var warning in status["warnings"] ?? new JArray())
            yield return new Finding(Enum.Parse<Severity>($"{warning["severity"]}", ignoreCase: true), OptionsLoader.Subject, $"{warning["text"]}");
        if (agent.IsFrozen)
            yield return new Finding(
                Severity.Warning, Subject, $"the guest is frozen since {status["freeze"]?["since"]}: another backup may be under way");
        if (status["stuck-workers"]?["in"] is JArray { Count: > 0 } stuck)
        {
            yield return new Finding(
                Severity.Warning, Subject, $"commands are stuck in the kernel: {string.Join(", ", stuck.Select(work => work["name"]))}");
        }

        foreach (var command in status["disabled-commands"] ?? new JArray())
        {
            if ($"{command["name"]}".StartsWith("guest-fsfreeze-", StringComparison.Ordinal))
                yield return new Finding(Severity.Error, Subject, $"{command["name"]} is disabled: {command["by"]}");
        }
    }

    /// <summary>
    /// Processes that go by the name of an agent, or have its port open, and are none that answers us. One in a container serves another
    /// host, if it has not our port.
    /// </summary>
    private static IEnumerable<ProcessEntry> Rivals(AgentOptions options, IReadOnlyList<int> ours)
    {
        var port = options is { Method: "virtio-serial" or "isa-serial", Path: { } path } ? VirtioPorts.DeviceOf(path) : null;
        return ProcessTable.Others().Where(process =>
            !ours.Contains(process.Id)
            && (port is not null && process.HasOpen(port)
                ? IsNeitherGuardianNorKeeper(process)
                : IsNamedAsAnAgent(process) && process is { IsRoots: true, SharesOurMounts: true }
                    && IsNeitherGuardianNorKeeper(process) && !SubcommandName.Begins(process.Arguments)));
    }

    private static bool IsNeitherGuardianNorKeeper(ProcessEntry process) =>
        process.Command is { Length: > 0 } and not (FreezeGuardianProcess.Name or ProgramKeeperProcess.Name);

    /// <summary>By its executable, as one that went into the background is called after the link that it was started by.</summary>
    private static bool IsNamedAsAnAgent(ProcessEntry process) =>
        Names.Contains(process.Name) || Names.Contains(Path.GetFileName(process.Executable));
}
