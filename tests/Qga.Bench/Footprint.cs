using System.Globalization;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>The memory that is the agent's own (proportional set size), and its threads: idle, after transfers, and at rest.</summary>
internal sealed class Footprint : IMeasurement
{
    private const int Transfers = 4;

    private static readonly int[] Sizes = [64 << 10, 1 << 20, 8 << 20];
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    public string Name => "memory";

    public string Method =>
        $"PSS {SettlingTime.TotalSeconds} s after the start, after {Transfers} writes and reads of each size, and {Rest.TotalSeconds} s later";

    public int Runs => 3;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        Thread.Sleep(SettlingTime);
        var (idle, idleThreads) = (Pss(agent), Threads(agent));

        using var connection = new Connection(agent.SocketPath);
        foreach (var size in Sizes)
            Transfer(connection, size);
        var busy = Pss(agent);

        Thread.Sleep(Rest);
        return
        [
            new("PSS idle, MiB", idle),
            new("PSS after transfers, MiB", busy),
            new($"PSS {Rest.TotalSeconds} s later, MiB", Pss(agent)),
            new("threads idle", idleThreads),
            new($"threads {Rest.TotalSeconds} s after transfers", Threads(agent)),
        ];
    }

    private static void Transfer(Connection connection, int size)
    {
        using var file = new GuestFile(connection, size);
        for (var transfer = 0; transfer < Transfers; transfer++)
        {
            connection.Exchange(file.Write);
            file.Rewind();
            connection.Exchange(file.Read);
            file.Rewind();
        }
    }

    private static double Pss(AgentProcess agent) => Field(agent, "smaps_rollup", "Pss:") / 1024;

    private static double Threads(AgentProcess agent) => Field(agent, "status", "Threads:");

    private static double Field(AgentProcess agent, string file, string name)
    {
        var line = File.ReadLines($"/proc/{agent.Pid}/{file}").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
