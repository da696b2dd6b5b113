using System.Text.RegularExpressions;

namespace Qga.Testing;

/// <summary>The shared libraries that a program wants.</summary>
public static partial class SharedLibraries
{
    /// <summary>Their paths, the loader's too; a static program has none.</summary>
    public static IReadOnlyList<string> Of(string program)
    {
        var run = ProcessRun.Of("ldd", [program]);
        return run.ExitCode == 0 ? [.. Library().Matches(run.Output).Select(library => library.Value)]
            : run.Error.Contains("not a dynamic executable", StringComparison.Ordinal) ? []
            : throw new InvalidOperationException($"{run}");
    }

    [GeneratedRegex(@"(?<=\s)/\S+(?= \(0x)", RegexOptions.None, 1000)]
    private static partial Regex Library();
}
