namespace Qga.Platform.Policy;

/// <summary>What a host asks for, as far as rules can be about it. The file is no part of it: that is resolved first.</summary>
/// <param name="Command">The command's name.</param>
public sealed record PolicyRequest(string Command)
{
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
}
