using Newtonsoft.Json.Linq;
using Qga.Host.Check;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Platform;
using Qga.Platform.Diagnosis;

namespace Qga.Host.Subcommands;

/// <summary><c>qga check</c>: tells before the backup what would go wrong with it.</summary>
internal sealed class CheckSubcommand : Subcommand
{
    protected override string Help => """
        Usage: qga check [--json] [OPTIONS]
        Tells what would go wrong with a backup of this guest: a missing channel, a hook that can't run or be trusted, filesystems that
        can't be frozen, a state directory that is frozen with the rest, no agent or two. Freezes nothing. Takes the options of the agent.
        Exit status: 0 if all is well, 1 if there are warnings, 2 if there are errors.

        """;

    protected override int Run(Func<StartupDecision.Serve> read, TextWriter output, TextWriter error)
    {
        if (!Environment.IsPrivilegedProcess)
            return Fail(error, "only root can check the guest");

        IReadOnlyList<Finding> findings = [.. Findings(read).Distinct()];
        var worst = findings.Max(finding => finding.Severity);
        output.WriteLine(IsJson ? ToJson(findings, worst) : ToText(findings));
        return (int)worst;
    }

    private IEnumerable<Finding> Findings(Func<StartupDecision.Serve> read)
    {
        StartupDecision.Serve run;
        try
        {
            run = read();
        }
        catch (OptionsException failure)
        {
            // The agent could not start with it; what can be told without it is told.
            run = WithoutFile(failure.Message);
            run = run with { Options = run.Options with { Path = run.Options.Path ?? AgentOptions.DefaultPath(run.Options.Method) } };
        }

        if (run.Warnings.Count == 0)
        {
            yield return new Finding(
                Severity.Ok,
                OptionsLoader.Subject,
                run.Options.ConfigurationFile is { } file ? $"{file} is in order" : "there is no configuration file");
        }

        foreach (var warning in run.Warnings)
            yield return warning;

        Func<AgentOptions, IEnumerable<Finding>>[] checks =
        [
            options => CommandsCheck.Run(options, Agents), options => PolicyCheck.Run(options, Agents), ChannelCheck.Run,
            options => AgentsCheck.Run(options, Agents), HookCheck.Run, FreezeCheck.Run, _ => GuardianCheck.Run(Agents),
            options => StateCheck.Run(options, Agents), options => AuditCheck.Run(options, Agents),
        ];
        foreach (var finding in checks.SelectMany(check => Guarded(check, run.Options)))
            yield return finding;
    }

    private static IReadOnlyList<Finding> Guarded(Func<AgentOptions, IEnumerable<Finding>> check, AgentOptions options)
    {
        try
        {
            return [.. check(options)];
        }
        catch (Exception failure) when (failure is PlatformException or IOException or UnauthorizedAccessException)
        {
            return [new Finding(Severity.Error, "check", failure.Message)];
        }
    }

    private static string ToText(IEnumerable<Finding> findings) =>
        string.Join('\n', findings.Select(finding => $"{finding.Level,-9}{finding.Subject + ":",-15}{Printable.Of(finding.Text)}"));

    private static string ToJson(IEnumerable<Finding> findings, Severity worst) => new JObject
    {
        ["severity"] = Finding.NameOf(worst),
        ["findings"] = new JArray(findings.Select(finding => new JObject
        {
            ["severity"] = finding.Level,
            ["subject"] = finding.Subject,
            ["text"] = finding.Text,
        })),
    }.ToString(Newtonsoft.Json.Formatting.None);
}
