using Qga.Testing;

namespace Qga.Bench;

/// <summary>One of the two programs that are compared.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Start">Starts a fresh one, which listens when this returns.</param>
internal sealed record Contender(string Name, Func<AgentUnderTest> Start)
{
    internal static Contender Ours { get; } = new("qga", () => new PublishedAgent());

    internal static Contender Peer { get; } = new("qemu-ga", () => new PeerAgent());
}
