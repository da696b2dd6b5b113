namespace Qga.Transport.Activity;

/// <summary>A connection that is open, or the port for as long as it is.</summary>
/// <param name="log">Where it and its requests are listed and counted, if they are.</param>
/// <param name="channel">What kind of channel it is one of.</param>
/// <param name="peer">Says who is at the other end; called whenever somebody wants to know.</param>
/// <param name="isListed">Whether it is one of a host's.</param>
public sealed class ConnectionRecord(ActivityLog log, string channel, Func<string> peer, bool isListed) : IDisposable
{
    public DateTimeOffset Since { get; } = DateTimeOffset.UtcNow;

    public string Channel => channel;

    /// <summary>Who is at the other end now.</summary>
    public string Peer => peer();

    /// <summary>Notes a request that is being carried out from now on.</summary>
    public RequestRecord Begin(string command)
    {
        if (!isListed)
            return new RequestRecord(command, this, counters: null);
        var request = new RequestRecord(command, this, log.Counters.Of(command));
        log.Add(request);
        return request;
    }

    public void Dispose() => log.Remove(this);
}
