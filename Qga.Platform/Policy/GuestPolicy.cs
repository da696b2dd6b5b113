using System.Globalization;
using System.Text.RegularExpressions;

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
    private const string TooLong = "no program can be given so much";

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

    private GuestPolicy(GuestPolicy other)
    {
        (Vocabulary, _commands, Directory, Rules) = (other.Vocabulary, other._commands, other.Directory, other.Rules);
        (Fault, Rejected, PassedOver, IsEnforced) = (other.Fault, other.Rejected, other.PassedOver, other.IsEnforced);
    }

    /// <summary>The commands that the rules speak of.</summary>
    public PolicyVocabulary Vocabulary { get; }

    /// <summary>Where the rules are.</summary>
    public string Directory { get; }

    public IReadOnlyList<PolicyRule> Rules { get; }

    /// <summary>Why there are none: then all is refused that can be. Null if they are in order.</summary>
    public PolicyException? Fault { get; private init; }

    /// <summary>Why newer rules were not taken in their place; null if they are the newest.</summary>
    public PolicyException? Rejected { get; private init; }

    /// <summary>What is in the directory and was not read for its name.</summary>
    public IReadOnlyList<string> PassedOver { get; internal init; } = [];

    /// <summary>Whether what they refuse is not done; else it is, and the log says so.</summary>
    public bool IsEnforced { get; private init; } = true;

    /// <summary>Tells these rules, in this order, from any others (FNV-1a of 64 bits, in hexadecimal digits).</summary>
    public string Digest
    {
        get
        {
            var hash = 0xCBF29CE484222325;
            foreach (var character in Rules.SelectMany(rule => $"{rule.Path}:{rule.Line} {rule.Text}\n"))
                hash = unchecked((hash ^ character) * 0x100000001B3);
            return hash.ToString("x16", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The same policy, enforced or not; what its rates have counted stays.</summary>
    public GuestPolicy Under(bool isEnforced) => new(this) { IsEnforced = isEnforced };

    /// <summary>The same policy, in whose place newer rules were not taken.</summary>
    public GuestPolicy Instead(PolicyException rejected) => new(this) { Rejected = rejected };

    /// <summary>Has rates count on from where those of the same rules have come to; called before anybody asks.</summary>
    public void ContinueRatesOf(GuestPolicy former)
    {
        var rates = former.Rules.Where(rule => rule.Rate is not null).ToLookup(rule => rule.Text);
        foreach (var rules in Rules.Where(rule => rule.Rate is not null).GroupBy(rule => rule.Text))
        {
            foreach (var (rule, before) in rules.Zip(rates[rules.Key]))
                rule.Rate!.Continue(before.Rate!);
        }
    }

    /// <summary>A policy whose rules can't be used.</summary>
    public static GuestPolicy Unusable(PolicyVocabulary vocabulary, string directory, PolicyException fault) =>
        new(vocabulary, directory, []) { Fault = fault };

    /// <summary>Whether a command is carried out with some arguments, at some time, for somebody.</summary>
    public bool CanAllow(string command) => !IsEnforced || StandingOf(command) != PolicyStanding.Disabled;

    /// <summary>The same for one who asks.</summary>
    /// <param name="command">The command.</param>
    /// <param name="peer">Who asks; null if nobody knows.</param>
    public bool CanAllow(string command, string? peer) =>
        !IsEnforced || Vocabulary.NeverLost.Contains(command) || _commands[command].StandingFor(peer) != PolicyStanding.Disabled;

    /// <summary>How much of a command the rules leave to all who may ask, enforced or not.</summary>
    public PolicyStanding StandingOf(string command) =>
        Vocabulary.NeverLost.Contains(command) ? PolicyStanding.Open : _commands[command].Standing;

    /// <summary>The rules that can decide about a command, up to the one that does so in any case.</summary>
    public IReadOnlyList<PolicyRule> Reachable(string command)
    {
        var rules = _commands[command].Rules;
        var last = Array.FindIndex(rules, rule => rule.IsUnconditional);
        return last < 0 ? rules : [.. rules.Take(last + 1)];
    }

    /// <summary>The rule that denies a command to somebody whatever its arguments are; null if none does.</summary>
    /// <param name="command">The command.</param>
    /// <param name="peer">Who asks; null if nobody knows.</param>
    public PolicyRule? DisablingRule(string command, string? peer) =>
        Array.Find(_commands[command].Rules, rule => rule.IsFor(peer) && rule.IsUnconditionalForPeers) is { Allows: false } rule ? rule : null;

    /// <summary>Decides about a request.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="file">Where its path leads; null if that is not known yet.</param>
    /// <param name="isAtOnce">Whether others wait for the decision.</param>
    /// <param name="counted">A rule whose rate has counted this request before; null for none.</param>
    /// <returns>Null if it depends on the file, which is not known yet, or would take time that there is not; nothing was counted then.</returns>
    public PolicyDecision? Decide(PolicyRequest request, ResolvedFile? file = null, bool isAtOnce = false, PolicyRule? counted = null)
    {
        var isSafe = Vocabulary.NeverLost.Contains(request.Command);
        if (request.IsTooLong)
            return new PolicyDecision(isSafe, Rule: null) { Origin = TooLong };
        var command = _commands[request.Command];
        foreach (var rule in command.Rules)
        {
            var look = new Look(request, command.Subjects, file) { IsAtOnce = isAtOnce, IsCounted = rule == counted };
            switch (FirstToFail(rule, look, out var failing))
            {
                case Outcome.Holds: return new PolicyDecision(rule.Allows || isSafe, rule) { Origin = rule.Origin };
                case Outcome.IsOpen: return null;
                case Outcome.TakesTooLong: return new PolicyDecision(isSafe, rule) { Origin = $"{rule.Origin}: {failing}" };
            }
        }

        return new PolicyDecision(isSafe, Rule: null) { Origin = OriginWithoutRule(command.Rules) };
    }

    /// <summary>Tells of each rule about the command, up to the one that decides, why it does not.</summary>
    /// <returns>The condition that fails, and why if that is not in its words; null for the rule that decides.</returns>
    public IEnumerable<(PolicyRule Rule, string? Failing)> Explain(PolicyRequest request, ResolvedFile? file)
    {
        var command = _commands[request.Command];
        foreach (var rule in command.Rules)
        {
            var outcome = FirstToFail(rule, new Look(request, command.Subjects, file) { IsDry = true }, out var failing);
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

    /// <summary>The rules that deny nothing but what is never lost.</summary>
    public IEnumerable<PolicyRule> Futile() =>
        Rules.Where(rule => !rule.Allows && !rule.Audits && rule.Commands.Count > 0 && rule.Commands.All(Vocabulary.NeverLost.Contains));

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

        /// <summary>The file is not known, or there is no time.</summary>
        IsOpen,

        /// <summary>Nobody can tell within the time that there is for a rule.</summary>
        TakesTooLong,
    }

    /// <summary>What a rule is held against.</summary>
    private readonly record struct Look(PolicyRequest Request, PolicySubjects Subjects, ResolvedFile? File)
    {
        /// <summary>Whether others wait.</summary>
        internal bool IsAtOnce { get; init; }

        /// <summary>Whether the rule's rate has counted the request.</summary>
        internal bool IsCounted { get; init; }

        /// <summary>Whether nothing is to be counted.</summary>
        internal bool IsDry { get; init; }
    }

    private static Outcome FirstToFail(PolicyRule rule, in Look look, out string? failing)
    {
        failing = null;
        try
        {
            foreach (var condition in rule.Conditions)
            {
                failing = condition.Text;
                if (condition.Subject != PolicySubjects.None && (look.Subjects & condition.Subject) == PolicySubjects.None)
                    return Outcome.Fails;
                if (condition is PathCondition or RateCondition && !rule.LetsThrough(look.Request))
                    break;
                if ((condition.TakesTime && look.IsAtOnce) || (condition.Subject == PolicySubjects.File && look.File is null))
                    return Outcome.IsOpen;
                if (Holds(condition, look))
                    continue;
                if (look.IsDry && condition is PathCondition path && path.DoubtOf(look.File!) is { } doubt)
                    failing = $"{condition.Text}: {doubt}; so it";
                return Outcome.Fails;
            }
        }
        catch (RegexMatchTimeoutException)
        {
            failing = $"{failing} takes too long to tell";
            return Outcome.TakesTooLong;
        }

        if (rule.LetsThrough(look.Request))
            return Outcome.Holds;
        failing = "env= does not name all variables that have an effect on a program, which";
        return Outcome.Fails;
    }

    /// <remarks>What a rate counts comes last, as it counts.</remarks>
    private static bool Holds(PolicyCondition condition, in Look look) => condition is not RateCondition rate
        ? condition.Holds(look.Request, look.File)
        : look.IsCounted || (look.IsDry ? rate.WouldHold : rate.Holds(look.Request, look.File));
}
