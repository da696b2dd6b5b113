using System.Diagnostics;

namespace Qga.Bench;

/// <summary>How many small requests are answered in a second when they come without a pause.</summary>
internal sealed class PipelinedPings : IMeasurement
{
    private const int WarmUps = 1000;
    private const int Pings = 10_000;

    public string Name => "pipeline";

    public string Method => $"{Pings} pings in one go, the answers read by another thread";

    public int Runs => 7;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        using var connection = new Connection(agent.SocketPath);
        Exchange(connection, WarmUps);
        return [new("pipelined pings", "1/s", Pings / Exchange(connection, Pings).TotalSeconds)];
    }

    private static TimeSpan Exchange(Connection connection, int pings)
    {
        var requests = Connection.Request(string.Join('\n', Enumerable.Repeat("""{"execute":"guest-ping"}""", pings)));
        var watch = Stopwatch.StartNew();
        var answers = Task.Run(() => connection.Await(pings));
        connection.Send(requests);
        answers.Wait();
        return watch.Elapsed;
    }
}
