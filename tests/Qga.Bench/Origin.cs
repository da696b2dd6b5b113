using System.Text.RegularExpressions;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>What is measured, and where. Nothing of it tells a host or a user.</summary>
/// <param name="Commit">What our agent was built from; null if that is not known.</param>
/// <param name="Dirty">Whether the tree holds more than that commit, documents aside, which are not measured.</param>
/// <param name="Version">Our agent's.</param>
/// <param name="PeerVersion">qemu-ga's; null without one.</param>
/// <param name="Machine">Where both run.</param>
internal sealed partial record Origin(string? Commit, bool? Dirty, string Version, string? PeerVersion, PerformanceMachine Machine)
{
    /// <summary>Why the figures have no place in the history; null if they have one.</summary>
    internal string? WithoutCommit { get; private init; }

    internal static Origin Find()
    {
        var origin = new Origin(null, null, VersionOf(PublishedAgent.Executable), PeerAgent.Command is { } peer ? VersionOf(peer) : null, FindMachine());
        if (Environment.GetEnvironmentVariable("QGA_BINARY") is { Length: > 0 })
            return origin with { WithoutCommit = "QGA_BINARY names an executable of an unknown commit" };

        var head = Git("rev-parse", "HEAD");
        var changes = Git("status", "--porcelain", "--", ".", ":(exclude)docs");
        return head.ExitCode == 0 && changes.ExitCode == 0
            ? origin with { Commit = head.Output.Trim(), Dirty = changes.Output.Length > 0 }
            : origin with { WithoutCommit = $"the commit is not known: {(head.Error + changes.Error).Trim()}" };
    }

    private static ProcessRun Git(params string[] arguments) => ProcessRun.Of("git", ["-C", Repository.Root, .. arguments]);

    /// <summary>Ours names the protocol's version first, and its own in brackets.</summary>
    private static string VersionOf(string executable)
    {
        var run = ProcessRun.Of(executable, ["--version"]);
        return run.ExitCode == 0 && Versions().Matches(run.Output) is [.., var last]
            ? last.Value
            : throw new InvalidOperationException($"{executable} --version: {run.Output}{run.Error}");
    }

    private static PerformanceMachine FindMachine()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        var kernel = Versions().Match(File.ReadAllText("/proc/sys/kernel/osrelease")).Value;
        return new PerformanceMachine(model?[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim(), Environment.ProcessorCount, kernel);
    }

    [GeneratedRegex(@"\d+(\.\d+)+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Versions();
}
