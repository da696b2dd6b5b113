namespace Qga.Platform.State;

/// <summary>The state directory can't be used; the inner exception, if any, is the cause.</summary>
public sealed class StateException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether it fails again until somebody changes the directory or the file in it.</summary>
    public bool IsLasting { get; init; } = cause switch
    {
        StateException state => state.IsLasting,
        PlatformException platform => platform.IsLasting,
        _ => false,
    };

    /// <summary>The lines for the log: the first cause first, as qemu-ga writes them.</summary>
    public IReadOnlyList<string> Lines => [.. InnerException switch
    {
        null => [],
        StateException state => state.Lines,
        var other => [other.Message],
    }, Message];
}
