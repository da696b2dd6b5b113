using System.Collections.Concurrent;

namespace Qga.Platform.Policy;

/// <summary>The rules about a command.</summary>
internal sealed class CommandRules
{
    /// <summary>What stands for whoever is named by no rule; no peer goes by it.</summary>
    private const string Others = "*";

    private readonly HashSet<string> _peers;
    private readonly ConcurrentDictionary<string, PolicyStanding> _standings = [];
    private readonly PolicyStanding _ofUnknown;

    internal CommandRules(PolicyRule[] rules, PolicySubjects subjects)
    {
        (Rules, Subjects) = (rules, subjects);
        _peers = [.. rules.SelectMany(rule => rule.Conditions).OfType<PeerCondition>().SelectMany(condition => condition.Peers)];
        Standing = StandingOf(rules, static _ => true, static rule => rule.IsUnconditional);
        _ofUnknown = StandingOf(rules, static rule => rule.IsFor(peer: null), static rule => rule.IsUnconditionalForPeers);
    }

    internal PolicyRule[] Rules { get; }

    internal PolicySubjects Subjects { get; }

    /// <summary>What is left to all who may ask.</summary>
    internal PolicyStanding Standing { get; }

    /// <summary>What is left to one.</summary>
    internal PolicyStanding StandingFor(string? peer) => _peers.Count == 0 ? Standing
        : peer is null ? _ofUnknown
        : _standings.GetOrAdd(
            _peers.Contains(peer) ? peer : Others,
            static (asking, rules) => StandingOf(rules, rule => rule.IsFor(asking), static rule => rule.IsUnconditionalForPeers),
            Rules);

    private static PolicyStanding StandingOf(PolicyRule[] rules, Func<PolicyRule, bool> counts, Func<PolicyRule, bool> decides)
    {
        var isFirst = true;
        var isAllowed = false;
        foreach (var rule in rules.Where(counts))
        {
            isAllowed |= rule.Allows;
            if (decides(rule))
                return isFirst && rule.Allows ? PolicyStanding.Open : isAllowed ? PolicyStanding.Limited : PolicyStanding.Disabled;
            isFirst = false;
        }

        return isAllowed ? PolicyStanding.Limited : PolicyStanding.Disabled;
    }
}
