namespace Qga.Transport;

/// <summary>
/// The memory that requests of all clients together take while they are not complete, or wait for their turn. One request of the largest
/// kind fits in, with its tokens and the memory that they are gathered in. Clients beyond that, of which only a listening socket has many,
/// lose their connection.
/// </summary>
/// <param name="most">How many bytes there may be.</param>
public sealed class RequestMemory(long most)
{
    /// <summary>What a connection may always have.</summary>
    internal const long AlwaysAllowed = 1024 * 1024;

    private long _held;

    /// <summary>As much as one request may take: 64 MiB, and the objects of 2 Mi tokens.</summary>
    public static RequestMemory Usual() => new(384L * 1024 * 1024);

    internal long Most => most;

    internal bool IsExceeded => Interlocked.Read(ref _held) > most;

    /// <summary>Notes that a connection has so much more, or less if it is negative.</summary>
    internal void Add(long bytes) => Interlocked.Add(ref _held, bytes);
}
