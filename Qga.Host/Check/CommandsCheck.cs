using Qga.Actors.Commands;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Platform.Diagnosis;

namespace Qga.Host.Check;

/// <summary>
/// How much the lists and the policy leave to the host, by the word of the agent that runs, which may have been started with others: that an
/// empty allow list allows everything is not what everybody expects.
/// </summary>
internal static class CommandsCheck
{
    private const string Subject = "commands";

    internal static IEnumerable<Finding> Run(AgentOptions options, IReadOnlyList<LocalAgent> agents)
    {
        var all = options.Catalog.All;
        var policy = ConfiguredPolicy.LoadOrRefuse(options);
        var (allowed, hasAllowList) = agents is [{ Status: { } status }] && status["disabled-commands"] is { } disabled
            ? (all.Count - disabled.Count(), disabled.Any(command => $"{command["by"]}".Contains("allow-rpcs", StringComparison.Ordinal)))
            : (all.Count(spec => new CommandFilter(options.AllowRpcs, options.BlockRpcs, policy).Allows(spec)), options.AllowRpcs.Count > 0);
        var text = $"{allowed} of {all.Count} commands are allowed";
        yield return new Finding(
            Severity.Ok,
            Subject,
            hasAllowList || policy is not null ? text : $"{text}: allow-rpcs is empty, which allows all but those of block-rpcs");
    }
}
