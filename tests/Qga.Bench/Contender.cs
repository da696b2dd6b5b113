using Qga.Testing;

namespace Qga.Bench;

/// <summary>One of the two programs that are compared.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="StartWith">Starts a fresh one with options, which listens when this returns.</param>
internal sealed record Contender(string Name, Func<string[], AgentUnderTest> StartWith)
{
    internal AgentUnderTest Start(params string[] options) => StartWith(options);

    internal static Contender Ours { get; } = new("qga", options => new PublishedAgent(options));

    /// <summary>Another executable of ours, as one of an earlier commit.</summary>
    internal static Contender Other(string executable) => new(executable, options => PublishedAgent.StartOf(executable, options));

    internal static Contender Peer { get; } = new("qemu-ga", options => new PeerAgent(options));
}
