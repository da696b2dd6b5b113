namespace Qga.Actors.Domains;

/// <summary>What is said to a domain, and by it, when the guest is about to be frozen.</summary>
public static class QuiesceProtocol
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
}
