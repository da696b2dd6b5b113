using System.Globalization;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>What an agent costs a guest that asks little of it: memory that is its own (proportional set size), threads, and wake-ups.</summary>
internal sealed class Footprint : IMeasurement
{
    private const int Pings = 10_000;
    private const int Piece = 8 << 20;
    private const int Pieces = 8;

    // Two seconds after the start the agent gives back what that has left.
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);
    private static readonly byte[] Ping = Connection.Request("""{"execute":"guest-ping"}""");

    public string Name => "memory";

    public string Method =>
        $"PSS of an agent alone: {SettlingTime.TotalSeconds} s after the start; after {Pings} pings; {Rest.TotalSeconds} s after {Pieces} times {Piece >> 20} MiB "
        + $"were written and read. Wake-ups: context switches of all threads in {IdleTime.TotalSeconds} s without a client";

    public int Runs => 3;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        Thread.Sleep(SettlingTime);
        var (idle, threads) = (Pss(agent), Field($"/proc/{agent.Pid}/status", "Threads:"));
        var switches = Switches(agent);
        Thread.Sleep(IdleTime);
        var wakeUps = (Switches(agent) - switches) / IdleTime.TotalSeconds;

        using var connection = new Connection(agent.SocketPath);
        for (var ping = 0; ping < Pings; ping++)
            connection.Exchange(Ping);
        var pinged = Pss(agent);

        using (var file = new GuestFile(connection, Piece))
        {
            for (var piece = 0; piece < Pieces; piece++)
            {
                connection.Exchange(file.Write);
                file.Rewind();
                connection.Exchange(file.Read);
                file.Rewind();
            }
        }

        var busy = Pss(agent);
        return
        [
            new("PSS idle", "MiB", idle),
            new($"PSS after {Pings} pings", "MiB", pinged),
            new("PSS right after transfers", "MiB", busy),
            new($"PSS {Rest.TotalSeconds} s after transfers", "MiB", PssAtRest(agent)),
            new("threads idle", null, threads),
            new("wake-ups idle", "1/s", wakeUps),
            new("executable", "MB", new FileInfo(ExecutableOf(agent)).Length / 1e6),
        ];
    }

    /// <summary>What comes before the options, where a loader with its own may come before that.</summary>
    private static string ExecutableOf(AgentUnderTest agent)
    {
        var command = File.ReadAllText($"/proc/{agent.Pid}/cmdline").Split('\0');
        return command[Array.IndexOf(command, "-m") - 1];
    }

    /// <summary>Once it has given back what it does not need any more.</summary>
    internal static double PssAtRest(AgentUnderTest agent)
    {
        Thread.Sleep(Rest);
        return Pss(agent);
    }

    private static double Pss(AgentUnderTest agent) => Field($"/proc/{agent.Pid}/smaps_rollup", "Pss:") / 1024;

    private static double Switches(AgentUnderTest agent) => Directory.EnumerateDirectories($"/proc/{agent.Pid}/task")
        .Sum(thread => Field($"{thread}/status", "voluntary_ctxt_switches:") + Field($"{thread}/status", "nonvoluntary_ctxt_switches:"));

    private static double Field(string file, string name)
    {
        var line = File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
