using System.Diagnostics;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>What requests cost the guest, each: a client sees its latency alone, and that is short where a thread burns the processor for it.</summary>
/// <param name="Latency">The median, in µs; null where requests are not timed one by one.</param>
/// <param name="Processor">Processor time of the agent and of its descendants, in µs.</param>
/// <param name="Voluntary">How often a thread of theirs has waited.</param>
/// <param name="Involuntary">How often one has been made to give way; turns of sched_yield are among them.</param>
internal sealed record Cost(double? Latency, double Processor, double Voluntary, double Involuntary)
{
    internal const string Method = "processor time and context switches by what /proc and the process's clock say before and after";

    /// <summary>Of requests that <paramref name="work"/> makes.</summary>
    internal static Cost Of(AgentUnderTest agent, int requests, Action work)
    {
        var before = ProcessUsage.Of(agent.Pid);
        work();
        var (processor, voluntary, involuntary) = ProcessUsage.Of(agent.Pid).Since(before);
        return new Cost(null, processor.TotalMicroseconds / requests, (double)voluntary / requests, (double)involuntary / requests);
    }

    /// <summary>Of one request again and again, each sent <paramref name="pause"/> after the answer to the last.</summary>
    internal static Cost Of(AgentUnderTest agent, Connection connection, byte[] request, int requests, TimeSpan pause)
    {
        var microseconds = new double[requests];
        var cost = Of(agent, requests, () =>
        {
            for (var index = 0; index < requests; index++)
            {
                if (pause > TimeSpan.Zero)
                    Thread.Sleep(pause);
                var begin = Stopwatch.GetTimestamp();
                connection.Exchange(request);
                microseconds[index] = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
            }
        });
        return cost with { Latency = Statistics.Median(microseconds) };
    }

    /// <summary>Of a request of any of these kinds: the geometric mean of times, so that no kind outweighs the others, and the mean of switches.</summary>
    internal static Cost Mean(IReadOnlyCollection<Cost> costs) => new(
        Statistics.GeometricMean(costs.Select(cost => cost.Latency!.Value)),
        Statistics.GeometricMean(costs.Select(cost => cost.Processor)),
        costs.Average(cost => cost.Voluntary),
        costs.Average(cost => cost.Involuntary));

    internal IEnumerable<Reading> Readings(string of)
    {
        if (Latency is { } latency)
            yield return new($"{of}: latency", "µs", latency);
        yield return new($"{of}: processor time", "µs", Processor);
        yield return new($"{of}: voluntary switches", null, Voluntary);
        yield return new($"{of}: involuntary switches", null, Involuntary);
    }
}
