using System.Diagnostics;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>
/// What rules of the guest's policy cost a request that each of them is about, by what they say: the difference between the readings of a kind is the
/// decision. qemu-ga has no rules: it is asked the same, if it can be without running anything.
/// </summary>
internal sealed class PolicyDecision : IMeasurement
{
    private const int Rules = 200;
    private const int WarmUps = 500;
    private const int Requests = 3000;

    private const string GetTime = """{"execute":"guest-get-time"}""";
    private const string Open = """{"execute":"guest-file-open","arguments":{"path":"/nonexistent/file"}}""";
    private const string Exec = """{"execute":"guest-exec","arguments":{"path":"/nonexistent/program","arg":["restart"]}}""";

    private static readonly string[] Refusal = ["deny guest-exec arg1=^restart$", "allow *"];

    private static readonly Kind[] Kinds =
    [
        new("get-time latency", GetTime, number => $"allow guest-get-time peer=cid:{number}", ["allow *"]),
        new("open of no file, latency", Open, number => $"deny guest-file-open path=/srv/data/{number}/file", ["allow *"]) { About = " with path=" },
        new("open of no file, latency", Open, number => $"deny guest-file-open path=/srv/data/{number}/**", ["allow *"]) { About = " with globs" },
        new("refused exec latency", Exec, number => $"deny guest-exec arg1=^(status|reload)-{number}$", Refusal) { About = " with arg1=" },
        new("refused exec latency", Exec, number => $@"deny guest-exec args=^restart$,^unit-{number}\.service$,...", Refusal) { About = " with args=" },
    ];

    public string Name => "policy";

    public string Method => $"{Requests} requests, one at a time, without rules and under {Rules}, of which the last decide; guest-exec under the one that "
        + "refuses it, and that many";

    public int Runs => 7;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        var kinds = contender == Contender.Peer ? Kinds.Where(kind => kind.Last != Refusal).ToArray() : Kinds;
        return
        [
            .. kinds.DistinctBy(kind => kind.What).Select(kind => new Reading(
                $"{kind.What}, median", "µs", kind.Last == Refusal ? MedianUnder(kind.Last, contender, kind) : MedianOf(() => contender.Start([]), kind))),
            .. kinds.Select(kind => new Reading(
                $"{kind.What} under {Rules} rules{kind.About}, median", "µs", MedianUnder(kind.All(Rules), contender, kind))),
        ];
    }

    private static double MedianUnder(IEnumerable<string> rules, Contender contender, Kind kind)
    {
        using var scratch = new ScratchDirectory();
        Directory.CreateDirectory(scratch.PathOf("rules"));
        File.WriteAllLines(scratch.PathOf("rules/10.rules"), rules);
        var configuration = scratch.Write("qemu-ga.conf", $"[qga]\npolicy-dir={scratch.PathOf("rules")}\n");
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return MedianOf(() => contender.Start(contender == Contender.Peer ? [] : ["-c", configuration]), kind);
    }

    private static double MedianOf(Func<AgentUnderTest> start, Kind kind)
    {
        using var agent = start();
        using var connection = new Connection(agent.SocketPath);
        var bytes = Connection.Request(kind.Request);
        for (var request = 0; request < WarmUps; request++)
            connection.Exchange(bytes);

        var microseconds = new double[Requests];
        for (var request = 0; request < Requests; request++)
        {
            var begin = Stopwatch.GetTimestamp();
            connection.Exchange(bytes);
            microseconds[request] = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
        }

        return Statistics.Median(microseconds);
    }

    /// <param name="What">What is asked for.</param>
    /// <param name="Request">The request.</param>
    /// <param name="Rule">A rule by its number, which does not hold.</param>
    /// <param name="Last">What decides.</param>
    private sealed record Kind(string What, string Request, Func<int, string> Rule, string[] Last)
    {
        /// <summary>What the rules say.</summary>
        internal string About { get; init; } = "";

        internal IEnumerable<string> All(int count) => Enumerable.Range(1, count - Last.Length).Select(Rule).Concat(Last);
    }
}
