namespace Qga.Actors.Freeze;

/// <summary>What the freeze actor and the domains say to each other.</summary>
public static class FreezeProtocol
{
    /// <summary>
    /// Come to rest: from now on refuse what is not safe while frozen, and tell the sender <see cref="Quiesced"/> once nothing
    /// of yours touches a disk any more.
    /// </summary>
    public sealed record Quiesce
    {
        public static readonly Quiesce Instance = new();
    }

    /// <summary>Not at rest yet: this command still runs. <see cref="Quiesced"/> follows.</summary>
    public sealed record StillRunning(string Command);

    /// <summary>Nothing of the sender's touches a disk until <see cref="Resume"/>.</summary>
    public sealed record Quiesced
    {
        public static readonly Quiesced Instance = new();
    }

    /// <summary>Work as usual again; also called for when the guest was never frozen after all.</summary>
    public sealed record Resume
    {
        public static readonly Resume Instance = new();
    }

    /// <summary>The agent ends: thaw the guest if it is frozen, then tell the sender <see cref="Left"/>.</summary>
    public sealed record Leave
    {
        public static readonly Leave Instance = new();
    }

    /// <summary>The guest is thawed, as far as that could be done.</summary>
    public sealed record Left
    {
        public static readonly Left Instance = new();
    }
}
