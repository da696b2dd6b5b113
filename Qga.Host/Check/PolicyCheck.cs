using Newtonsoft.Json.Linq;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Platform.Diagnosis;
using Qga.Platform.Policy;

namespace Qga.Host.Check;

/// <summary>Whether the rules of the guest's policy can be used, and what they leave to the host.</summary>
internal static class PolicyCheck
{
    private const string Subject = "policy";

    /// <summary>The commands that backups take.</summary>
    private static readonly string[] OfBackups = ["guest-fsfreeze-freeze", "guest-fsfreeze-thaw", "guest-fsfreeze-status"];

    internal static IEnumerable<Finding> Run(AgentOptions options, IReadOnlyList<LocalAgent> agents)
    {
        foreach (var finding in Run(options))
            yield return finding;
        foreach (var effect in ConfiguredPolicy.LoadOrRefuse(options) is { Fault: null, IsEnforced: true } policy ? EffectsOf(policy) : [])
            yield return new Finding(Severity.Ok, Subject, effect);

        if (agents is [{ Status: { } status }])
        {
            foreach (var finding in OfAgent(options, status["policy"]))
                yield return finding;
        }
    }

    /// <summary>It may have kept older rules, or have been started before there were any.</summary>
    private static IEnumerable<Finding> OfAgent(AgentOptions options, JToken? running)
    {
        var configured = ConfiguredPolicy.LoadOrRefuse(options);
        if (running?["fault"] is { } fault)
            yield return new Finding(Severity.Error, Subject, $"the agent that runs refuses all it can: {fault}");
        else if (running?["rejected"] is { } rejected)
            yield return new Finding(Severity.Error, Subject, $"the agent that runs has kept older rules at its last reload: {rejected}");
        else if ((string?)running?["digest"] != configured?.Digest)
            yield return new Finding(Severity.Warning, Subject, "the agent that runs has other rules: HUP has it read them anew");
        if (running is not null && configured is not null && (string?)running["mode"] != AgentStatus.ModeOf(configured))
            yield return new Finding(Severity.Warning, Subject, $"the agent that runs has policy-mode={running["mode"]}: HUP has it read that anew");
    }

    /// <summary>What is limited and disabled, and by which rules.</summary>
    private static IEnumerable<string> EffectsOf(GuestPolicy policy)
    {
        var commands = policy.Vocabulary.Commands.ToLookup(policy.StandingOf);
        foreach (var command in commands[PolicyStanding.Limited])
            yield return $"{command} is limited by {string.Join(", ", policy.Reachable(command).Select(rule => rule.Origin))}";
        foreach (var disabled in commands[PolicyStanding.Disabled].GroupBy(Disabler))
            yield return $"{disabled.Key}: {string.Join(", ", disabled)}";

        string Disabler(string command) =>
            policy.Reachable(command) is [.., { IsUnconditional: true } rule] ? $"disabled by {rule.Origin}" : "allowed by no rule";
    }

    /// <summary>What is to be said of the rules themselves.</summary>
    internal static IReadOnlyList<Finding> Run(AgentOptions options)
    {
        if (options.PolicyMode == PolicyMode.Off)
            return [new Finding(Severity.Warning, Subject, "policy-mode is off: no rules are read")];
        GuestPolicy? policy;
        try
        {
            policy = ConfiguredPolicy.Load(options);
        }
        catch (PolicyException fault)
        {
            return [new Finding(Severity.Error, Subject, $"{fault.Message}: with such rules all is refused but what is never lost")];
        }

        return policy is null
            ? [new Finding(Severity.Ok, Subject, $"there are no rules in {options.PolicyDirectory}: the host may do everything that the lists leave")]
            : [.. Of(policy)];
    }

    private static IEnumerable<Finding> Of(GuestPolicy policy)
    {
        yield return new Finding(Severity.Ok, Subject, $"{policy.Rules.Count} rules in {policy.Directory} are in order: {Left(policy)}");
        if (!policy.IsEnforced)
            yield return new Finding(Severity.Warning, Subject, "policy-mode is audit-only: what rules refuse is carried out");
        foreach (var rule in policy.Rules.Where(rule => rule.IdleWords.Count > 0))
            yield return Odd(rule, $"no command is named by {string.Join(" or ", rule.IdleWords)}");
        foreach (var (rule, by) in policy.Unreachable())
            yield return Odd(rule, $"it is never reached: {by?.Origin} decides before it");
        foreach (var rule in policy.Futile())
            yield return Odd(rule, $"{string.Join(" and ", rule.Commands)} can't be denied");
        foreach (var rule in policy.Rules)
        {
            foreach (var oddity in rule.Oddities())
                yield return Odd(rule, oddity);
        }

        foreach (var name in policy.PassedOver)
            yield return new Finding(Severity.Warning, Subject, ConfiguredPolicy.TextOfPassedOver(policy, name));
        foreach (var command in OfBackups.Where(command => policy.StandingOf(command) == PolicyStanding.Disabled))
            yield return new Finding(Severity.Warning, Subject, $"no rule allows {command}: backups of this guest can't freeze it");
    }

    private static Finding Odd(PolicyRule rule, string text) => new(Severity.Warning, Subject, $"{rule.Path}:{rule.Line}: {text}");

    private static string Left(GuestPolicy policy)
    {
        return $"{Count(PolicyStanding.Open)} commands are free, {Count(PolicyStanding.Limited)} limited, {Count(PolicyStanding.Disabled)} disabled";

        int Count(PolicyStanding standing) => policy.Vocabulary.Commands.Count(command => policy.StandingOf(command) == standing);
    }
}
