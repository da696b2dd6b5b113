using Qga.Actors.Commands;
using Qga.Platform.Logging;
using Qga.Platform.Policy;
using Qga.Platform.Policy.Reading;

namespace Qga.Host.CommandLine;

/// <summary>The policy that the options lead to.</summary>
internal static class ConfiguredPolicy
{
    /// <returns>Null if there is none: no rules, or they are switched off.</returns>
    /// <exception cref="PolicyException">The rules can't be used.</exception>
    internal static GuestPolicy? Load(AgentOptions options) => options.PolicyMode == PolicyMode.Off
        ? null
        : PolicyDirectory.Load(options.PolicyDirectory, PolicyTerms.Of(options.Catalog), PolicyClocks.System) is { } policy ? Under(options, policy)
        : null;

    /// <summary>As <see cref="Load"/>; what can't be used refuses everything that can be refused.</summary>
    internal static GuestPolicy? LoadOrRefuse(AgentOptions options)
    {
        try
        {
            return Load(options);
        }
        catch (PolicyException fault)
        {
            return Refusing(options, fault);
        }
    }

    /// <summary>A policy that refuses everything that can be refused, as its rules can't be used.</summary>
    internal static GuestPolicy Refusing(AgentOptions options, PolicyException fault) =>
        Under(options, GuestPolicy.Unusable(PolicyTerms.Of(options.Catalog), options.PolicyDirectory, fault));

    /// <summary>Tells the log of it.</summary>
    internal static void Tell(GuestPolicy? policy, IEventLog log)
    {
        if (policy is null)
            return;
        var effect = policy.IsEnforced ? "" : ", which is not enforced (policy-mode=audit-only)";
        if (policy.Fault is { } fault)
        {
            log.Write(LogLevel.Critical, fault.Message);
            log.Write(LogLevel.Critical, $"the guest's policy can't be used: all is refused but what is never lost{effect}");
            return;
        }

        var commands = policy.Vocabulary.Commands;
        var allowed = commands.Count(command => policy.StandingOf(command) != PolicyStanding.Disabled);
        var last = policy.Rules is [.., { IsUnconditional: true } rule] && rule.Commands.Count == commands.Count
            ? ""
            : "; the last is an implied deny *";
        log.Write(
            LogLevel.Warning,
            $"the guest's policy in {policy.Directory} has {policy.Rules.Count} rules{last}: {allowed} of {commands.Count} commands "
            + $"can be used{effect}");
        foreach (var idle in policy.Rules.Where(idle => idle.IdleWords.Count > 0))
            log.Write(LogLevel.Warning, $"{idle.Origin}: no command is named by {string.Join(" or ", idle.IdleWords)}");
        foreach (var name in policy.PassedOver)
            log.Write(LogLevel.Warning, TextOfPassedOver(policy, name));
    }

    /// <summary>What is to be said of a name that is in the directory of the rules and is no rule's.</summary>
    internal static string TextOfPassedOver(GuestPolicy policy, string name) =>
        $"{policy.Directory}/{name} is not read: the names of rules end in .rules, and begin with no dot";

    private static GuestPolicy Under(AgentOptions options, GuestPolicy policy) => policy.Under(options.PolicyMode == PolicyMode.Enforce);
}
