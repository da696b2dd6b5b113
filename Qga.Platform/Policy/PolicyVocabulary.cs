namespace Qga.Platform.Policy;

/// <summary>What of a request a condition can be about.</summary>
[Flags]
public enum PolicySubjects
{
    None = 0,

    /// <summary>The file that is opened or run.</summary>
    File = 1,

    /// <summary>The arguments and the environment of a program.</summary>
    Program = 2,

    /// <summary>For what a file is opened.</summary>
    OpenMode = 4,

    /// <summary>How many bytes are read, written or given to a program.</summary>
    Size = 8,

    /// <summary>Whose keys or password.</summary>
    Account = 16,

    /// <summary>How the guest goes down.</summary>
    ShutdownMode = 32,

    /// <summary>Which filesystems are frozen.</summary>
    MountPoints = 64,
}

/// <summary>The commands that rules speak of.</summary>
/// <param name="Commands">All names.</param>
/// <param name="NeverLost">Those that no rule takes away: a host can always find its place, learn what there is, and thaw.</param>
/// <param name="Sets">The sets by name, the <c>@</c> included.</param>
/// <param name="SubjectsOf">What conditions can be about in a request of a command.</param>
public sealed record PolicyVocabulary(
    IReadOnlyList<string> Commands,
    IReadOnlySet<string> NeverLost,
    IReadOnlyList<PolicySet> Sets,
    Func<string, PolicySubjects> SubjectsOf)
{
    /// <summary>Names of commands that there could be, and are not: rules may speak of them all the same.</summary>
    public IReadOnlyList<string> Absent { get; init; } = [];
}

/// <summary>A set of commands that rules can name.</summary>
/// <param name="Name">Its name, the <c>@</c> included.</param>
/// <param name="Meaning">What it is for.</param>
/// <param name="Commands">Its members.</param>
public sealed record PolicySet(string Name, string Meaning, IReadOnlyList<string> Commands);
