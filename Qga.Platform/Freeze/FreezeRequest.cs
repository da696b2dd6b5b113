using Qga.Platform.Freeze.Evidence;

namespace Qga.Platform.Freeze;

/// <summary>What is to be frozen, and for how long at most.</summary>
/// <param name="MountPoints">As guest-get-fsinfo tells them; what isn't mounted is passed over. Null for all.</param>
/// <param name="Timeout">After this the guest is thawed; null for never.</param>
public sealed record FreezeRequest(IReadOnlyList<string>? MountPoints, TimeSpan? Timeout)
{
    /// <summary>Who asks.</summary>
    public FreezeAsker Asker { get; init; } = new("guest-fsfreeze-freeze", Channel: null, Peer: null);
}
