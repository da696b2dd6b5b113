namespace Qga.Platform.Policy;

/// <summary>One line of the rules.</summary>
/// <param name="path">Its file.</param>
/// <param name="line">Its line, from 1.</param>
/// <param name="text">The line as it stands there, without comment.</param>
public sealed class PolicyRule(string path, int line, string text)
{
    public string Path => path;

    public int Line => line;

    public string Text => text;

    /// <summary>File and line, as refusals, audit and people name it: <c>20-exec.rules:3</c>.</summary>
    public string Origin { get; } = $"{path[(path.LastIndexOf('/') + 1)..]}:{line}";

    /// <summary>Whether what it matches is carried out.</summary>
    public required bool Allows { get; init; }

    /// <summary>Whether what it matches is to be recorded.</summary>
    public required bool Audits { get; init; }

    /// <summary>Whether the record may have the values of arguments.</summary>
    public bool LogsArguments { get; init; }

    /// <summary>As whom programs run and files are opened; null for the agent's own user.</summary>
    public string? User { get; init; }

    /// <summary>Finds users.</summary>
    internal UserLookup? Lookup { get; init; }

    /// <summary>When a program is ended; null for never.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>The commands that it is about.</summary>
    public required IReadOnlyList<string> Commands { get; init; }

    /// <summary>Words that name commands, globs or sets and stand for no command at all.</summary>
    public IReadOnlyList<string> IdleWords { get; init; } = [];

    /// <summary>What must hold besides, in the order in which it is looked at.</summary>
    internal PolicyCondition[] Conditions { get; init; } = [];

    /// <summary>Whether it decides whatever the arguments are.</summary>
    public bool IsUnconditional => Conditions.Length == 0;

    /// <summary>Whether it needs to know where a path leads.</summary>
    public bool IsAboutFile => Conditions.Any(condition => condition.Subject == PolicySubjects.File);

    /// <summary>How often it may; null for as often as it is asked.</summary>
    internal RateCondition? Rate => Array.Find(Conditions, condition => condition is RateCondition) as RateCondition;

    /// <summary>The name by which the rule knows a file that it has let through; null if it says nothing of files.</summary>
    internal string? NameFor(ResolvedFile file) => Conditions.OfType<PathCondition>().FirstOrDefault()?.Match(file)?.NameFor(file);

    /// <summary>
    /// Whether a program may be given its variables: a rule that allows and does not name any allows those that have no effect on what it does.
    /// </summary>
    internal bool LetsThrough(PolicyRequest request) => !Allows || request.Environment.Count == 0
        || NamesVariables || request.Environment.All(ProgramVariables.IsHarmless);

    private bool NamesVariables => Conditions.Any(condition => condition is EnvironmentCondition);

    /// <summary>Whether it can decide about what somebody asks for.</summary>
    /// <param name="peer">Who; null if nobody knows.</param>
    internal bool IsFor(string? peer) => Conditions.OfType<PeerCondition>().All(condition => condition.Holds(peer));

    /// <summary>Whether it decides about all that those ask for whom it is for.</summary>
    internal bool IsUnconditionalForPeers => Conditions.All(condition => condition is PeerCondition);

    /// <summary>What an administrator may not have meant, as the guest is now: names that lead nowhere, or to something else.</summary>
    public IEnumerable<string> Oddities()
    {
        foreach (var oddity in Conditions.SelectMany(condition => condition.Oddities()))
            yield return oddity;
        if (User is { } user && Lookup?.Invoke(user, out _) == false)
            yield return $"there is no user '{user}'";
    }

    /// <summary>Whether nothing is left for another, later rule about the same command, by the words of both.</summary>
    internal bool Covers(PolicyRule later) => !(Allows && !NamesVariables && later.NamesVariables) && (IsUnconditional || (Allows == later.Allows
        && Conditions.All(condition => condition is not RateCondition && later.Conditions.Any(other => other.Text == condition.Text))));
}

/// <summary>What the rules say of one request.</summary>
/// <param name="IsAllowed">Whether it is carried out.</param>
/// <param name="Rule">The rule that says so; null if none holds, or none is needed.</param>
public sealed record PolicyDecision(bool IsAllowed, PolicyRule? Rule)
{
    /// <summary>Why, for people: file and line of the rule, or what stands in its place.</summary>
    public required string Origin { get; init; }

    /// <summary>Whether it is to be recorded.</summary>
    public bool IsAudited => Rule?.Audits ?? false;

    /// <summary>Whether the record may have the values of arguments.</summary>
    public bool LogsArguments => Rule?.LogsArguments ?? false;

    /// <summary>As whom it is carried out; null for the agent's own user.</summary>
    public string? User => Rule?.User;

    /// <summary>When the program is ended; null for never.</summary>
    public TimeSpan? Limit => Rule?.Limit;

    /// <summary>What a refusal says to the host.</summary>
    public string Refusal => $"refused by the guest's policy ({Origin})";
}
