using System.Diagnostics;

namespace Qga.Bench;

/// <summary>How long one small request takes.</summary>
internal sealed class PingLatency : IMeasurement
{
    private const int WarmUps = 500;
    private const int Pings = 3000;
    private const int IdlePings = 100;

    /// <summary>Long enough for a processor to fall asleep.</summary>
    private static readonly TimeSpan IdlePause = TimeSpan.FromMilliseconds(20);

    private static readonly byte[] Ping = Connection.Request("""{"execute":"guest-ping"}""");

    public string Name => "ping";

    public string Method => $"{Pings} pings, one at a time; {Cost.Method}; then {IdlePings} pings {IdlePause.TotalMilliseconds} ms apart, as on an idle machine";

    public int Runs => 7;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        using var connection = new Connection(agent.SocketPath);
        for (var ping = 0; ping < WarmUps; ping++)
            connection.Exchange(Ping);

        var microseconds = new double[Pings];
        var cost = Cost.Of(agent, Pings, () =>
        {
            for (var ping = 0; ping < Pings; ping++)
            {
                var begin = Stopwatch.GetTimestamp();
                connection.Exchange(Ping);
                microseconds[ping] = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
            }
        });

        Array.Sort(microseconds);
        return
        [
            new("ping latency, median", "µs", Statistics.Median(microseconds)),
            new("ping latency, p99", "µs", microseconds[Pings * 99 / 100]),
            new("ping latency on an idle machine", "µs", Cost.Of(agent, connection, Ping, IdlePings, IdlePause).Latency!.Value),
            .. cost.Readings("ping"),
        ];
    }
}
