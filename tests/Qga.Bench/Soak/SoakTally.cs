namespace Qga.Bench.Soak;

/// <summary>What all clients have done so far.</summary>
internal sealed class SoakTally
{
    private long _requests;
    private long _refusals;
    private long _programs;
    private long _connections;

    internal long Requests => Interlocked.Read(ref _requests);

    /// <summary>Requests that were refused because the guest was frozen, rightly.</summary>
    internal long Refusals => Interlocked.Read(ref _refusals);

    internal long Programs => Interlocked.Read(ref _programs);

    internal long Connections => Interlocked.Read(ref _connections);

    internal void AddRequests(int count) => Interlocked.Add(ref _requests, count);

    internal void AddRefusal() => Interlocked.Increment(ref _refusals);

    internal void AddPrograms(int count) => Interlocked.Add(ref _programs, count);

    internal void AddConnection() => Interlocked.Increment(ref _connections);
}
