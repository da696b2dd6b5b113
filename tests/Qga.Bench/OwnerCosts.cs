namespace Qga.Bench;

/// <summary>
/// What a ping and a read of a file cost the guest where its owner wants nothing: no rules, and the audit as it is by default. With
/// <c>--against</c> an executable from before there were rules, the ratio is what they cost everybody else.
/// </summary>
internal sealed class OwnerCosts : IMeasurement
{
    private const int Requests = 20_000;
    private const int WarmUps = 2000;
    private const int Size = 4096;

    public string Name => "owner";

    public string Method => $"{Requests} guest-ping, then as many guest-file-read of {Size} bytes, each with a seek, one at a time, without rules and with the "
        + $"default audit; {Cost.Method}; PSS at rest after them";

    public int Runs => 9;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        using var connection = new Connection(agent.SocketPath);
        using var file = new GuestFile(connection, Size);
        file.Check();
        var ping = connection.Prepare(["guest-ping"])[0];
        return
        [
            ProcessorTime("a ping without rules", () => connection.Exchange(ping)),
            ProcessorTime("a read of a file without rules", () =>
            {
                connection.Exchange(file.Read);
                file.Rewind();
            }),
            new("PSS without rules", "MiB", Footprint.PssAtRest(agent)),
        ];

        Reading ProcessorTime(string of, Action exchange)
        {
            for (var request = 0; request < WarmUps; request++)
                exchange();
            var cost = Cost.Of(agent, Requests, () =>
            {
                for (var request = 0; request < Requests; request++)
                    exchange();
            });
            return new Reading($"{of}: processor time", "µs", cost.Processor);
        }
    }
}
