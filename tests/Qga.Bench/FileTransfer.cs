using System.Diagnostics;

namespace Qga.Bench;

/// <summary>How many bytes of a file go to the guest, or come from it, in a second.</summary>
internal sealed class FileTransfer(string verb, Func<GuestFile, byte[]> request) : IMeasurement
{
    private const int FewestRequests = 3;

    private static readonly TimeSpan LeastTime = TimeSpan.FromMilliseconds(300);

    internal static IReadOnlyList<(string Name, int Bytes)> Sizes { get; } = [("64 KiB", 64 << 10), ("1 MiB", 1 << 20), ("8 MiB", 8 << 20)];

    public string Name => verb;

    public string Method =>
        $"requests one at a time from the start of a file in memory, for {LeastTime.TotalMilliseconds} ms and at least {FewestRequests} times, " +
        "after a checked one; seeks between them not counted";

    public int Runs => 5;

    internal static FileTransfer Write { get; } = new("write", file => file.Write);

    internal static FileTransfer Read { get; } = new("read", file => file.Read);

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        using var connection = new Connection(agent.SocketPath);
        return [.. Sizes.Select(size => new Reading($"file {verb} {size.Name}", "MB/s", Throughput(connection, size.Bytes)))];
    }

    private double Throughput(Connection connection, int size)
    {
        using var file = new GuestFile(connection, size);
        file.Check();
        return Throughput(connection, size, request(file), file.Rewind);
    }

    /// <summary>Makes a request time and again.</summary>
    /// <param name="connection">To whom.</param>
    /// <param name="size">How many bytes it is about.</param>
    /// <param name="request">The request.</param>
    /// <param name="next">What makes ready for the next, and is not counted.</param>
    /// <returns>In MB/s.</returns>
    internal static double Throughput(Connection connection, int size, byte[] request, Action next)
    {
        var watch = new Stopwatch();
        var requests = 0;
        while (requests < FewestRequests || watch.Elapsed < LeastTime)
        {
            watch.Start();
            connection.Exchange(request);
            watch.Stop();
            next();
            requests++;
        }

        return (double)size * requests / watch.Elapsed.TotalMicroseconds;
    }
}
