using System.Text;
using Microsoft.Extensions.Time.Testing;
using Qga.Platform.Policy;
using Qga.Platform.Policy.Reading;

namespace Qga.Platform.Tests.Policy;

/// <summary>Rules for commands of the tests' own, whose time stands still.</summary>
internal static class Rules
{
    internal static PolicyVocabulary Vocabulary { get; } = new(
        ["ping", "open", "read", "exec", "down", "freeze", "keys"],
        new HashSet<string> { "ping" },
        [new PolicySet("@files", "files", ["open", "read"]), new PolicySet("@all", "all", ["ping", "open", "read", "exec", "down", "freeze", "keys"])],
        command => command switch
        {
            "open" => PolicySubjects.File | PolicySubjects.OpenMode,
            "read" => PolicySubjects.Size,
            "exec" => PolicySubjects.File | PolicySubjects.Program | PolicySubjects.Size,
            "down" => PolicySubjects.ShutdownMode,
            "freeze" => PolicySubjects.MountPoints,
            "keys" => PolicySubjects.Account,
            _ => PolicySubjects.None,
        });

    internal static FakeTimeProvider Time { get; } = new();

    internal static GuestPolicy Policy(string text, Func<int>? minuteOfDay = null, TimeProvider? time = null) =>
        new(Vocabulary, "/etc/rules.d", Parse(text, minuteOfDay, time));

    internal static IReadOnlyList<PolicyRule> Parse(string text, Func<int>? minuteOfDay = null, TimeProvider? time = null) =>
        Parse(Encoding.UTF8.GetBytes(text), minuteOfDay, time);

    internal static IReadOnlyList<PolicyRule> Parse(byte[] text, Func<int>? minuteOfDay = null, TimeProvider? time = null) =>
        new PolicyParser(Vocabulary, new PolicyClocks(time ?? Time, minuteOfDay ?? (() => 0))).Parse("/etc/rules.d/20-x.rules", text);

    /// <summary>The line of the rule that decides, and whether it allows; 0 for none, null if the file has to be known.</summary>
    internal static (bool IsAllowed, int Line)? Outcome(this GuestPolicy policy, PolicyRequest request, string? path = null)
    {
        using var file = path is null ? null : ResolvedFile.Open(path, request.Command == "exec");
        return policy.Decide(request, file) is { } decision ? (decision.IsAllowed, decision.Rule?.Line ?? 0) : null;
    }
}
