namespace Qga.Platform.State;

/// <summary>The state directory can't be used. The cause, if it has words of its own for the log, is the inner exception.</summary>
public sealed class StateException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The lines for the log: the first cause first, as qemu-ga writes them.</summary>
    public IReadOnlyList<string> Lines => [.. InnerException switch
    {
        null => [],
        StateException state => state.Lines,
        var other => [other.Message],
    }, Message];
}
