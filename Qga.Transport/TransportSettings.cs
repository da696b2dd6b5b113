using Qga.Transport.Activity;

namespace Qga.Transport;

/// <summary>What a transport needs to know beyond its stream.</summary>
/// <param name="SyncGrace">How long a sync waits for the requests before it.</param>
/// <param name="IsSync">Whether a command of that name makes its client and the agent agree anew on where they are.</param>
/// <param name="IsImmediate">Whether a command of that name changes nothing and waits for nothing, so that the next may follow at once.</param>
public sealed record TransportSettings(TimeSpan SyncGrace, Func<string, bool> IsSync, Func<string, bool> IsImmediate)
{
    /// <summary>Called whenever something was done, from any thread.</summary>
    public Action Active { get; init; } = static () => { };

    /// <summary>Where the requests of the stream are noted; null for nowhere.</summary>
    public ConnectionRecord? Connection { get; init; }

    /// <summary>Who is at the other end: <c>virtio</c>, <c>serial</c>, <c>uid:1000</c> or <c>cid:2</c>; null if nobody knows.</summary>
    public string? Peer { get; init; }

    /// <summary>The kind of its channel: as option -m has it, or <c>control</c>; null if that is nobody's business.</summary>
    public string? Channel { get; init; }

    /// <summary>The memory that is shared with other transports.</summary>
    public RequestMemory Memory { get; init; } = RequestMemory.Usual();

    /// <summary>The most bytes that an answer may take on the wire, as it is set now; null for any number.</summary>
    public Func<long?> MostAnswer { get; init; } = static () => null;

    /// <summary>The most requests of one channel that may wait; further bytes stay with the kernel, and so with the client.</summary>
    public int MostWaitingRequests { get; init; } = 4096;

    /// <summary>The most bytes that waiting requests may take in memory, about the size of the largest request there is.</summary>
    public long MostWaitingBytes { get; init; } = 64 * 1024 * 1024;
}
