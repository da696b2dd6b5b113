using System.Diagnostics;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>How long a host waits for the list of many interfaces.</summary>
internal sealed class InterfaceListing : IMeasurement
{
    private const int Interfaces = 1000;
    private const int Questions = 5;

    private static readonly byte[] Question = Connection.Request("""{"execute":"guest-network-get-interfaces"}""");

    public string Name => "interfaces";

    public string Method => $"median of {Questions} questions for {Interfaces} interfaces with an address each, in a network namespace";

    public int Runs => 3;

    /// <summary>It, where there can be so many interfaces.</summary>
    internal static IEnumerable<IMeasurement> All => NamespaceLab.UnavailableReason is null ? [new InterfaceListing()] : [];

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var lab = new NamespaceLab();
        lab.AddInterfaces(Interfaces);
        using var agent = lab.Start(contender == Contender.Ours ? PublishedAgent.Executable : PeerAgent.Command!);
        using var connection = new Connection(agent.SocketPath);

        var milliseconds = new double[Questions];
        for (var question = 0; question < Questions; question++)
        {
            var begin = Stopwatch.GetTimestamp();
            connection.Exchange(Question);
            milliseconds[question] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }

        return [new($"list of {Interfaces} interfaces", "ms", Statistics.Median(milliseconds))];
    }
}
