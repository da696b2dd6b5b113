using System.Diagnostics;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>What rules of the guest's policy cost a request that each of them is about. qemu-ga has none: it is asked the same.</summary>
internal sealed class PolicyDecision : IMeasurement
{
    private const int Rules = 200;
    private const int WarmUps = 500;
    private const int Requests = 3000;

    private static readonly byte[] GetTime = Connection.Request("""{"execute":"guest-get-time"}""");

    public string Name => "policy";

    public string Method => $"{Requests} guest-get-time, one at a time, without rules and under {Rules}, of which the last holds";

    public int Runs => 7;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var scratch = new ScratchDirectory();
        Directory.CreateDirectory(scratch.PathOf("rules"));
        File.WriteAllLines(
            scratch.PathOf("rules/10.rules"), [.. Enumerable.Range(1, Rules - 1).Select(number => $"allow guest-get-time peer=cid:{number}"), "allow *"]);
        var configuration = scratch.Write("qemu-ga.conf", $"[qga]\npolicy-dir={scratch.PathOf("rules")}\n");
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        return
        [
            new("get-time latency, median", "µs", MedianOf(contender.Start)),
            new($"get-time latency under {Rules} rules, median", "µs", MedianOf(
                contender == Contender.Ours ? () => new PublishedAgent("-c", configuration) : contender.Start)),
        ];
    }

    private static double MedianOf(Func<AgentUnderTest> start)
    {
        using var agent = start();
        using var connection = new Connection(agent.SocketPath);
        for (var request = 0; request < WarmUps; request++)
            connection.Exchange(GetTime);

        var microseconds = new double[Requests];
        for (var request = 0; request < Requests; request++)
        {
            var begin = Stopwatch.GetTimestamp();
            connection.Exchange(GetTime);
            microseconds[request] = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
        }

        return Statistics.Median(microseconds);
    }
}
