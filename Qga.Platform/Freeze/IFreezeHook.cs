namespace Qga.Platform.Freeze;

/// <summary>What the hook is called for; its argument.</summary>
public enum FreezeHookAction
{
    Freeze,
    Thaw,
}

/// <summary>Why the hook is called; <c>QGA_HOOK_REASON</c> in its environment, in lower case.</summary>
public enum FreezeHookReason
{
    /// <summary>The host asked.</summary>
    Request,

    /// <summary>The freeze failed after the hook had succeeded, or the hook was ended because it took too long.</summary>
    Failure,

    /// <summary>The host did not thaw the guest in time.</summary>
    Deadline,

    /// <summary>The agent ends.</summary>
    Exit,
}

/// <summary>How the hook is told of it.</summary>
internal static class FreezeHookWords
{
    internal static string Word(this FreezeHookAction action) => action == FreezeHookAction.Freeze ? "freeze" : "thaw";

    internal static string Word(this FreezeHookReason reason) => reason switch
    {
        FreezeHookReason.Request => "request",
        FreezeHookReason.Failure => "failure",
        FreezeHookReason.Deadline => "deadline",
        _ => "exit",
    };
}

/// <summary>The administrator's program that brings applications to rest before a freeze and wakes them after a thaw.</summary>
public interface IFreezeHook
{
    /// <summary>Runs it and waits for its end.</summary>
    /// <exception cref="FreezeHookException">It could not be run, failed, or took too long.</exception>
    void Run(FreezeHookAction action, FreezeHookReason reason);
}

/// <summary>The hook has failed; the message says how, with what it printed.</summary>
/// <param name="message">For the host's administrator.</param>
/// <param name="wasKilled">Whether it was ended by a signal, and so could undo nothing.</param>
public sealed class FreezeHookException(string message, bool wasKilled) : Exception(message)
{
    public bool WasKilled => wasKilled;
}
