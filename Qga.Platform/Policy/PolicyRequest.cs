namespace Qga.Platform.Policy;

/// <summary>What a host asks for, as far as rules can be about it. The file is no part of it: that is resolved first.</summary>
/// <param name="Command">The command's name.</param>
public sealed record PolicyRequest(string Command)
{
    /// <summary>The kernel takes no longer argument or variable (MAX_ARG_STRLEN, in bytes), and not more of all (three quarters of 8 MiB).</summary>
    internal const int LongestString = 128 * 1024;
    internal const int MostStrings = 6 * 1024 * 1024;

    /// <summary>Who asks: <c>virtio</c>, <c>serial</c>, <c>uid:1000</c> or <c>cid:2</c>; null if nobody knows.</summary>
    public string? Peer { get; init; }

    /// <summary>What follows a program's name.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The variables that a program is given, as <c>NAME=value</c>; none if it has the agent's.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>For what a file is opened: <c>r</c>, <c>w</c>, <c>a</c>, <c>r+</c>, <c>w+</c> or <c>a+</c>; null for what is no mode.</summary>
    public string? OpenMode { get; init; }

    /// <summary>Bytes to be read, written or given to a program.</summary>
    public long Size { get; init; }

    /// <summary>Whose keys or password.</summary>
    public string? Account { get; init; }

    /// <summary>How the guest goes down.</summary>
    public string? ShutdownMode { get; init; }

    /// <summary>Which filesystems are frozen; null for all.</summary>
    public IReadOnlyList<string>? MountPoints { get; init; }

    /// <summary>Whether no program can be given all that, so that there is no need to look at it.</summary>
    internal bool IsTooLong => LengthOf(Arguments) + LengthOf(Environment) > MostStrings;

    /// <returns>More than there may be in all if one is too long.</returns>
    private static long LengthOf(IReadOnlyList<string> strings)
    {
        var total = 0L;
        for (var index = 0; index < strings.Count; index++)
            total += strings[index].Length < LongestString ? strings[index].Length + 1 : MostStrings + 1;
        return total;
    }
}
