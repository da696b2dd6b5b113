namespace Qga.Transport.Activity;

/// <summary>A connection that is open, or the port for as long as it is.</summary>
public sealed class ConnectionRecord(ActivityLog log, Func<string> peer) : IDisposable
{
    public DateTimeOffset Since { get; } = DateTimeOffset.UtcNow;

    /// <summary>Who is at the other end now.</summary>
    public string Peer => peer();

    /// <summary>Notes a request that is being carried out from now on.</summary>
    public RequestRecord Begin(string command)
    {
        var request = new RequestRecord(command);
        log.Add(request);
        return request;
    }

    public void Dispose() => log.Remove(this);
}
