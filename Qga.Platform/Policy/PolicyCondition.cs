using Qga.Platform.Native;

namespace Qga.Platform.Policy;

/// <summary>
/// What must hold for a rule to decide. Of a rule that allows, all that a request asks for must be within it; of one that denies, any of it
/// is enough.
/// </summary>
/// <param name="text">The condition as the rule has it.</param>
/// <param name="subject">What it is about; none for what every request has.</param>
internal abstract class PolicyCondition(string text, PolicySubjects subject)
{
    internal string Text => text;

    internal PolicySubjects Subject => subject;

    /// <summary>Whether looking may take so long that nobody else should wait for it.</summary>
    internal virtual bool TakesTime => false;

    /// <summary>What an administrator may not have meant by it, as the guest is now.</summary>
    internal virtual IEnumerable<string> Oddities() => [];

    /// <param name="request">What is asked for; it has what the condition is about.</param>
    /// <param name="file">Where its path leads; null if it has none.</param>
    internal abstract bool Holds(PolicyRequest request, ResolvedFile? file);
}

/// <summary>A word of the request is one of these. What nobody knows is none that a rule allows, and each that one denies.</summary>
internal sealed class WordCondition(string text, PolicySubjects subject, string[] words, bool isDeny, Func<PolicyRequest, string?> word)
    : PolicyCondition(text, subject)
{
    internal override bool Holds(PolicyRequest request, ResolvedFile? file) =>
        word(request) is { } asked ? Array.IndexOf(words, asked) >= 0 : isDeny;
}

/// <summary>One of these asks. Who it is nobody knows of some connections: that is nobody whom a rule allows, and each whom one denies.</summary>
internal sealed class PeerCondition(string text, string[] peers, bool isDeny) : PolicyCondition(text, PolicySubjects.None)
{
    internal IReadOnlyList<string> Peers => peers;

    internal override bool Holds(PolicyRequest request, ResolvedFile? file) => Holds(request.Peer);

    internal bool Holds(string? peer) => peer is null ? isDeny : Array.IndexOf(peers, peer) >= 0;
}

/// <summary>The keys or the password of one of these. A rule that denies means the user, who may have several names.</summary>
internal sealed class AccountCondition(string text, string[] names, bool isDeny, UserLookup lookup) : PolicyCondition(text, PolicySubjects.Account)
{
    /// <summary>The name service is asked.</summary>
    internal override bool TakesTime => isDeny;

    internal override bool Holds(PolicyRequest request, ResolvedFile? file) =>
        request.Account is not { } asked ? isDeny : Array.IndexOf(names, asked) >= 0 || (isDeny && IsOne(asked));

    internal override IEnumerable<string> Oddities() =>
        names.Where(name => lookup(name, out _) == false).Select(name => $"there is no user '{name}'");

    /// <summary>Where the name service fails, nobody can tell that it is none.</summary>
    private bool IsOne(string asked) => lookup(asked, out var user) switch
    {
        null => true,
        false => false,
        true => Array.Exists(names, name => lookup(name, out var denied) is not { } exists || (exists && denied == user)),
    };
}

/// <summary>So many bytes at most.</summary>
internal sealed class SizeCondition(string text, long most) : PolicyCondition(text, PolicySubjects.Size)
{
    internal override bool Holds(PolicyRequest request, ResolvedFile? file) => request.Size <= most;
}

/// <summary>
/// Filesystems are these. A mount point goes by two spellings (<see cref="Storage.MountPointNames"/>); a rule that denies means both, and what is
/// spelled so that bytes are lost.
/// </summary>
internal sealed class MountPointsCondition(string text, IReadOnlyList<Glob> globs, bool isDeny) : PolicyCondition(text, PolicySubjects.MountPoints)
{
    internal override bool Holds(PolicyRequest request, ResolvedFile? file) => request.MountPoints is not { } asked
        ? isDeny
        : isDeny ? asked.Any(IsDenied) : asked.All(IsOne);

    private bool IsDenied(string mountPoint) => mountPoint.Contains('\uFFFD', StringComparison.Ordinal)
        || IsOne(mountPoint) || IsOne(KernelPath.Escape(mountPoint)) || IsOne(KernelPath.FromEscape(mountPoint));

    private bool IsOne(string mountPoint)
    {
        var path = mountPoint.Length > 1 ? mountPoint.TrimEnd('/') : mountPoint;
        return globs.Any(glob => glob.IsMatch(path));
    }
}

/// <summary>
/// The arguments of a program, each for itself. A rule that allows knows of all of them: beyond the last that it names there may be none.
/// </summary>
/// <param name="text">The condition.</param>
/// <param name="expected">One for each argument; null where any will do.</param>
/// <param name="rest">For those that follow; null if none may, or nobody asks.</param>
/// <param name="isDeny">Whether more may follow all the same.</param>
internal sealed class ArgumentsCondition(string text, TextPattern?[] expected, TextPattern? rest, bool isDeny)
    : PolicyCondition(text, PolicySubjects.Program)
{
    internal override bool TakesTime { get; } =
        rest is { IsComparison: false } || Array.Exists(expected, argument => argument is { IsComparison: false });

    internal override bool Holds(PolicyRequest request, ResolvedFile? file)
    {
        // That there are none is said of all of them, also by a rule that denies.
        var arguments = request.Arguments;
        if (rest is null && arguments.Count > expected.Length && (!isDeny || expected.Length == 0))
            return false;
        for (var index = 0; index < expected.Length; index++)
        {
            if (expected[index] is not { } argument)
                continue;
            if (index >= arguments.Count || !argument.Matches(arguments[index]))
                return false;
        }

        return rest is null || arguments.Skip(expected.Length).All(rest.Matches);
    }
}

/// <summary>
/// The variables of a program: all are among these, or, for a rule that denies, one is. What has a program run something else must be named in
/// full.
/// </summary>
internal sealed class EnvironmentCondition(string text, IReadOnlyList<string> names, bool isDeny) : PolicyCondition(text, PolicySubjects.Program)
{
    private readonly Glob[] _globs = [.. names.Select(Glob.OfNames)];

    internal override bool TakesTime { get; } = names.Any(name => Glob.Wildcard(name) >= 0);

    internal override bool Holds(PolicyRequest request, ResolvedFile? file) =>
        isDeny ? request.Environment.Any(variable => IsNamed(ProgramVariables.NameOf(variable))) : request.Environment.All(IsAllowed);

    private bool IsAllowed(string variable)
    {
        var name = ProgramVariables.NameOf(variable);
        return ProgramVariables.IsTrusted(name) ? names.Contains(name) : IsNamed(name);
    }

    private bool IsNamed(string name) => Array.Exists(_globs, glob => glob.IsMatch(name));
}

/// <summary>A file is one of these, wherever the path to it led.</summary>
internal sealed class PathCondition(string text, IReadOnlyList<PathPattern> patterns) : PolicyCondition(text, PolicySubjects.File)
{
    internal override bool Holds(PolicyRequest request, ResolvedFile? file) => Match(file!) is not null;

    internal override IEnumerable<string> Oddities() => patterns.SelectMany(pattern => pattern.Oddities());

    /// <summary>Why a file is none of these though the words of one are its; null if there is no such reason.</summary>
    internal string? DoubtOf(ResolvedFile file) => patterns.Select(pattern => pattern.DoubtOf(file)).FirstOrDefault(doubt => doubt is not null);

    /// <summary>The pattern that a file matches; null for none.</summary>
    internal PathPattern? Match(ResolvedFile file) => patterns.FirstOrDefault(pattern => pattern.Matches(file));
}

/// <summary>Not more often than that. It is looked at last, and what it lets through counts.</summary>
internal sealed class RateCondition(string text, TokenBucket bucket) : PolicyCondition(text, PolicySubjects.None)
{
    private TokenBucket _bucket = bucket;

    internal override bool Holds(PolicyRequest request, ResolvedFile? file) => _bucket.TryTake();

    /// <summary>As <see cref="Holds"/>, without counting.</summary>
    internal bool WouldHold => _bucket.HasToken;

    /// <summary>Counts on from where another has come to; called before anybody asks.</summary>
    internal void Continue(RateCondition former) => _bucket = former._bucket;
}

/// <summary>The time of day, in the guest's local time; a span may go over midnight.</summary>
/// <param name="text">The condition.</param>
/// <param name="spans">When it holds.</param>
/// <param name="minuteOfDay">The time now, in minutes since midnight.</param>
internal sealed class HoursCondition(string text, DaySpan[] spans, Func<int> minuteOfDay)
    : PolicyCondition(text, PolicySubjects.None)
{
    internal override bool Holds(PolicyRequest request, ResolvedFile? file)
    {
        var now = minuteOfDay();
        return Array.Exists(spans, span => span.From < span.To ? now >= span.From && now < span.To : now >= span.From || now < span.To);
    }
}

/// <summary>A part of the day, in minutes since midnight; the end is not included, and on the next day if it is before the start.</summary>
internal sealed class DaySpan(int from, int to)
{
    internal int From => from;

    internal int To => to;
}
