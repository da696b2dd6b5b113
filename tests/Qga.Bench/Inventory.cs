using System.Diagnostics;

namespace Qga.Bench;

/// <summary>How long a host waits for all that it may want to know of a guest, as management tools ask every few seconds.</summary>
internal sealed class Inventory : IMeasurement
{
    private const int WarmUps = 20;
    private const int Rounds = 200;

    private static readonly string[] Commands =
    [
        "guest-info", "guest-network-get-interfaces", "guest-get-fsinfo", "guest-get-disks", "guest-get-osinfo", "guest-get-vcpus",
        "guest-get-cpustats", "guest-get-diskstats", "guest-network-get-route", "guest-get-users",
    ];

    public string Name => "inventory";

    public string Method => $"median of {Rounds} rounds of {Commands.Length} commands, one at a time; {Cost.Method}";

    public int Runs => 7;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        using var connection = new Connection(agent.SocketPath);
        var bytes = connection.Prepare(Commands);
        for (var round = 0; round < WarmUps; round++)
            Ask(connection, bytes);
        double[][] times = [];
        var cost = Cost.Of(agent, Rounds, () => times = [.. Enumerable.Range(0, Rounds).Select(_ => Ask(connection, bytes))]);
        return
        [
            new("ten inventory commands", "µs", Statistics.Median([.. times.Select(all => all.Sum())])),
            .. cost.Readings("ten inventory commands"),
            .. Commands.Select((command, index) => new Reading(command, "µs", Statistics.Median([.. times.Select(all => all[index])]))),
        ];
    }

    private static double[] Ask(Connection connection, byte[][] requests) => Array.ConvertAll(requests, request =>
    {
        var begin = Stopwatch.GetTimestamp();
        connection.Exchange(request);
        return Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
    });
}
