namespace Qga.Transport.Activity;

/// <summary>
/// Who is connected, and what was asked for last: for the person who asks what the agent is doing. Shared by all transports and read from
/// any thread, no actor among them: it must be readable when actors hang.
/// </summary>
/// <param name="commands">The names that requests are counted by.</param>
public sealed class ActivityLog(IEnumerable<string>? commands = null)
{
    /// <summary>How many requests are remembered.</summary>
    public const int Kept = 32;

    private readonly Lock _gate = new();
    private readonly Queue<RequestRecord> _requests = new(Kept + 1);
    private readonly List<ConnectionRecord> _connections = [];

    /// <summary>How many requests there were, and how long they took.</summary>
    public RequestCounters Counters { get; } = new(commands ?? []);

    /// <summary>Those that are open, in their order.</summary>
    public IReadOnlyList<ConnectionRecord> Connections
    {
        get
        {
            lock (_gate)
                return [.. _connections];
        }
    }

    /// <summary>The last requests that were begun, the oldest first.</summary>
    public IReadOnlyList<RequestRecord> Requests
    {
        get
        {
            lock (_gate)
                return [.. _requests];
        }
    }

    /// <summary>Notes a connection, until it is disposed of.</summary>
    /// <param name="peer">Says who is at the other end; called whenever somebody wants to know.</param>
    /// <param name="channel">What kind of channel it is one of.</param>
    public ConnectionRecord Open(Func<string> peer, string channel = "")
    {
        var connection = new ConnectionRecord(this, channel, peer, isListed: true);
        lock (_gate)
            _connections.Add(connection);
        return connection;
    }

    /// <summary>A connection that is no host's: neither it nor its requests are listed or counted.</summary>
    public ConnectionRecord OpenUnlisted(Func<string> peer, string channel) => new(this, channel, peer, isListed: false);

    internal void Add(RequestRecord request)
    {
        lock (_gate)
        {
            _requests.Enqueue(request);
            if (_requests.Count > Kept)
                _requests.Dequeue();
        }
    }

    internal void Remove(ConnectionRecord connection)
    {
        lock (_gate)
            _connections.Remove(connection);
    }
}
