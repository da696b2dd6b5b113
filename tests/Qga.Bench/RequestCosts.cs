namespace Qga.Bench;

/// <summary>What the requests of a host that polls cost the guest, when they come at once and when the guest may sleep between them.</summary>
internal sealed class RequestCosts : IMeasurement
{
    private const int WarmUps = 50;

    private static readonly string[] Commands =
        ["guest-ping", "guest-get-users", "guest-get-vcpus", "guest-network-get-interfaces", "guest-get-fsinfo"];

    private static readonly Pace[] Paces = [new("at once", TimeSpan.Zero, 500), new("every 5 ms", TimeSpan.FromMilliseconds(5), 200)];

    public string Name => "requests";

    public string Method =>
        $"{string.Join(", ", Commands)}, one at a time: {string.Join(", then ", Paces.Select(pace => $"{pace.Requests} {pace.Name}"))}, the pause from an "
        + $"answer to the next request; {Cost.Method}. Of all: the geometric mean of times, the mean of switches";

    public int Runs => 5;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        using var connection = new Connection(agent.SocketPath);
        var bytes = connection.Prepare(Commands);
        foreach (var request in bytes)
            Cost.Of(agent, connection, request, WarmUps, TimeSpan.Zero);

        var costs = Array.ConvertAll(Paces, pace => Array.ConvertAll(bytes, request => Cost.Of(agent, connection, request, pace.Requests, pace.Pause)));
        return
        [
            .. Cost.Mean([.. costs.SelectMany(ofPace => ofPace)]).Readings("a request at either pace"),
            .. Paces.Zip(costs, (pace, ofPace) => Cost.Mean(ofPace).Readings($"a request {pace.Name}")).SelectMany(readings => readings),
            .. from pace in Paces.Zip(costs)
               from command in Commands.Zip(pace.Second)
               from reading in command.Second.Readings($"{command.First} {pace.First.Name}")
               select reading,
        ];
    }

    /// <param name="Name">As in the table.</param>
    /// <param name="Pause">From an answer to the next request.</param>
    /// <param name="Requests">How many of each command.</param>
    private sealed record Pace(string Name, TimeSpan Pause, int Requests);
}
