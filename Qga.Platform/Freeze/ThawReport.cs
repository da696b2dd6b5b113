namespace Qga.Platform.Freeze;

/// <summary>What a thaw has done.</summary>
public sealed class ThawReport
{
    /// <summary>The mount points of what was frozen, in the order of thawing.</summary>
    public List<string> Thawed { get; } = [];

    public int ThawedByGuardian { get; internal set; }

    /// <summary>A line for each filesystem that was left alone.</summary>
    public List<string> Skipped { get; } = [];

    /// <summary>Why the mounted filesystems are not known; what we froze ourselves was thawed all the same.</summary>
    public Exception? Failure { get; set; }

    public int Count => Thawed.Count + ThawedByGuardian;
}
