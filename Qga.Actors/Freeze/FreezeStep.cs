using Qga.Platform.Freeze;

namespace Qga.Actors.Freeze;

/// <summary>How the steps of <see cref="FreezeSteps"/> come home to the freeze actor: one message each, or <see cref="Failed"/>.</summary>
internal static class FreezeStep
{
    /// <summary>The guest can be frozen, and its hook agrees.</summary>
    internal sealed record Prepared(FreezeRequest Request);

    /// <summary>What is to be frozen is open, and guarded.</summary>
    internal sealed record Opened(FreezeRequest Request);

    /// <param name="Count">How many filesystems are frozen; if none is, the guest is as before.</param>
    internal sealed record Froze(int Count);

    internal sealed record Thawed(ThawReport Report);

    internal sealed record HookRan;

    internal sealed record TakenOver;

    internal sealed record Guarded;

    /// <param name="IsOurs">Whether the freeze is still ours.</param>
    /// <param name="For">The message that is acted on once that is known.</param>
    internal sealed record Looked(bool IsOurs, object For);

    /// <summary>The freeze that somebody else has ended is left.</summary>
    internal sealed record Forgotten;

    internal sealed record Failed(string Step, Exception Cause);
}
