namespace Qga.Platform;

/// <summary>What the guest's system was asked for can't be had; the message says what was tried, on what, and why it failed.</summary>
public class PlatformException(string message) : Exception(message)
{
    /// <summary>Whether the same fails again until somebody changes what it was tried on; else it may succeed a moment later.</summary>
    public bool IsLasting { get; init; }
}
