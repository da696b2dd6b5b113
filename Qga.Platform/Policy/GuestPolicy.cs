namespace Qga.Platform.Policy;

/// <summary>How much of a command the rules leave to the host.</summary>
public enum PolicyStanding
{
    /// <summary>Whatever its arguments are.</summary>
    Open,

    /// <summary>With some arguments, or at some times.</summary>
    Limited,

    /// <summary>Never.</summary>
    Disabled,
}

/// <summary>
/// The rules in effect, by the commands that they are about. The first that holds decides; where none does, nothing is allowed. What a host
/// can't do without is never lost. It never changes, but for what its rates have counted.
/// </summary>
public sealed class GuestPolicy
{
    private const string NoRule = "no rule holds";

    private readonly Dictionary<string, CommandRules> _commands;

    /// <param name="vocabulary">The commands.</param>
    /// <param name="directory">Where the rules are.</param>
    /// <param name="rules">In the order in which they are looked at.</param>
    internal GuestPolicy(PolicyVocabulary vocabulary, string directory, IReadOnlyList<PolicyRule> rules)
    {
        (Vocabulary, Directory, Rules, _commands) = (vocabulary, directory, rules, []);
        foreach (var command in vocabulary.Commands)
        {
            PolicyRule[] about = [.. rules.Where(rule => rule.Commands.Contains(command))];
            _commands[command] = new CommandRules(about, vocabulary.SubjectsOf(command));
        }
    }

    private GuestPolicy(GuestPolicy other, bool isEnforced)
    {
        (Vocabulary, _commands, Directory, Rules, Fault) = (other.Vocabulary, other._commands, other.Directory, other.Rules, other.Fault);
        IsEnforced = isEnforced;
    }

    /// <summary>The commands that the rules speak of.</summary>
    public PolicyVocabulary Vocabulary { get; }

    /// <summary>Where the rules are.</summary>
    public string Directory { get; }

    public IReadOnlyList<PolicyRule> Rules { get; }

    /// <summary>Why there are none: then all is refused that can be. Null if they are in order.</summary>
    public PolicyException? Fault { get; private init; }

    /// <summary>Whether what they refuse is not done; else it is, and the log says so.</summary>
    public bool IsEnforced { get; } = true;

    /// <summary>The same policy, enforced or not; what its rates have counted stays.</summary>
    public GuestPolicy Under(bool isEnforced) => new(this, isEnforced);

    /// <summary>A policy whose rules can't be used.</summary>
    public static GuestPolicy Unusable(PolicyVocabulary vocabulary, string directory, PolicyException fault) =>
        new(vocabulary, directory, []) { Fault = fault };

    /// <summary>Whether a command is carried out with some arguments, at some time.</summary>
    public bool CanAllow(string command) => !IsEnforced || StandingOf(command) != PolicyStanding.Disabled;

    /// <summary>How much of a command the rules leave, enforced or not.</summary>
    public PolicyStanding StandingOf(string command)
    {
        if (Vocabulary.NeverLost.Contains(command))
            return PolicyStanding.Open;
        var reachable = Reachable(command);
        return !reachable.Any(rule => rule.Allows) ? PolicyStanding.Disabled
            : reachable[0] is { IsUnconditional: true } ? PolicyStanding.Open
            : PolicyStanding.Limited;
    }

    /// <summary>The rules that can decide about a command, up to the one that does so in any case.</summary>
    public IReadOnlyList<PolicyRule> Reachable(string command)
    {
        var rules = _commands[command].Rules;
        var last = Array.FindIndex(rules, rule => rule.IsUnconditional);
        return last < 0 ? rules : [.. rules.Take(last + 1)];
    }

    /// <summary>Decides about a request.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="file">Where its path leads; null if that is not known yet.</param>
    /// <returns>Null if it depends on the file, which is not known yet; nothing was counted then.</returns>
    public PolicyDecision? Decide(PolicyRequest request, ResolvedFile? file = null)
    {
        var isSafe = Vocabulary.NeverLost.Contains(request.Command);
        var command = _commands[request.Command];
        foreach (var rule in command.Rules)
        {
            switch (FirstToFail(rule, request, command.Subjects, file, out _))
            {
                case Outcome.Holds: return new PolicyDecision(rule.Allows || isSafe, rule) { Origin = rule.Origin };
                case Outcome.IsOpen: return null;
            }
        }

        return new PolicyDecision(isSafe, Rule: null) { Origin = OriginWithoutRule(command.Rules) };
    }

    /// <summary>Tells of each rule about the command, up to the one that decides, why it does not.</summary>
    /// <returns>The condition that fails; null for the rule that decides.</returns>
    public IEnumerable<(PolicyRule Rule, string? Failing)> Explain(PolicyRequest request, ResolvedFile? file)
    {
        var command = _commands[request.Command];
        foreach (var rule in command.Rules)
        {
            var outcome = FirstToFail(rule, request, command.Subjects, file, out var failing, isDry: true);
            yield return (rule, outcome == Outcome.Holds ? null : failing);
            if (outcome == Outcome.Holds)
                yield break;
        }
    }

    /// <summary>The rules that never decide, each with the one before it that does so in its place; null if no command is left to it.</summary>
    public IEnumerable<(PolicyRule Rule, PolicyRule? By)> Unreachable()
    {
        for (var index = 0; index < Rules.Count; index++)
        {
            PolicyRule? by = null;
            var rule = Rules[index];
            var isReached = rule.Commands.Any(command => (by = CoveringOf(command, rule)) is null);
            if (!isReached && rule.Commands.Count > 0)
                yield return (rule, by);
        }
    }

    private PolicyRule? CoveringOf(string command, PolicyRule rule) =>
        Rules.TakeWhile(earlier => earlier != rule).FirstOrDefault(earlier => earlier.Commands.Contains(command) && earlier.Covers(rule));

    private string OriginWithoutRule(PolicyRule[] rules) =>
        Fault is { } fault ? $"it can't be used: {fault.Brief}"
        : rules.Length == 0 ? NoRule
        : $"{NoRule}, {rules[^1].Origin} is the last";

    private enum Outcome
    {
        Holds,
        Fails,

        /// <summary>The file is not known.</summary>
        IsOpen,
    }

    /// <summary>What a rate counts comes last, as it counts.</summary>
    private static Outcome FirstToFail(
        PolicyRule rule, PolicyRequest request, PolicySubjects subjects, ResolvedFile? file, out string? failing, bool isDry = false)
    {
        failing = null;
        foreach (var condition in rule.Conditions)
        {
            failing = condition.Text;
            if (condition.Subject != PolicySubjects.None && (subjects & condition.Subject) == PolicySubjects.None)
                return Outcome.Fails;
            if (condition is PathCondition or RateCondition && !rule.LetsThrough(request))
                break;
            if (condition.Subject == PolicySubjects.File && file is null)
                return Outcome.IsOpen;
            if (isDry && condition is RateCondition rate ? !rate.WouldHold : !condition.Holds(request, file))
                return Outcome.Fails;
        }

        if (!rule.LetsThrough(request))
        {
            failing = "env= does not name all variables that have a program run something else, which";
            return Outcome.Fails;
        }

        return Outcome.Holds;
    }

    private sealed class CommandRules(PolicyRule[] rules, PolicySubjects subjects)
    {
        internal PolicyRule[] Rules => rules;

        internal PolicySubjects Subjects => subjects;
    }
}
