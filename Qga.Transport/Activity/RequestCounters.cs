using System.Diagnostics;

namespace Qga.Transport.Activity;

/// <summary>
/// How many requests of each command there were, how they ended, and how long they took. Any thread counts and reads, without a lock.
/// </summary>
public sealed class RequestCounters
{
    private readonly Dictionary<string, CommandCounters> _byName = [];
    private readonly CommandCounters _unknown = new("");

    /// <param name="commands">The names; all else counts as one.</param>
    internal RequestCounters(IEnumerable<string> commands)
    {
        foreach (var name in commands)
            _byName[name] = new CommandCounters(name);
    }

    /// <summary>Of the commands that were asked for; last, with an empty name, of what is no command.</summary>
    public IEnumerable<CommandCounters> All => _byName.Values.Append(_unknown).Where(command => command.Total > 0);

    internal CommandCounters Of(string command) => _byName.GetValueOrDefault(command, _unknown);
}

/// <summary>What is counted of one command.</summary>
/// <param name="name">Its name.</param>
public sealed class CommandCounters(string name)
{
    /// <summary>The upper ends of the spans of time, in seconds; what takes longer than the last is in one more.</summary>
    public static readonly double[] Bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private static readonly long[] BoundTicks = [.. Bounds.Select(seconds => (long)(seconds * Stopwatch.Frequency))];

    private readonly long[] _byResult = new long[Enum.GetValues<RequestResult>().Length];
    private readonly long[] _bySpan = new long[BoundTicks.Length + 1];
    private long _ticks;

    public string Name => name;

    /// <summary>How many there were.</summary>
    public long Total => _bySpan.Sum();

    /// <summary>How long all of them took together, in seconds.</summary>
    public double Seconds => (double)Interlocked.Read(ref _ticks) / Stopwatch.Frequency;

    /// <summary>How many are in each of the spans that end with <see cref="Bounds"/>; in the end those beyond the last.</summary>
    public IReadOnlyList<long> BySpan => [.. _bySpan];

    public long Of(RequestResult result) => Interlocked.Read(ref _byResult[(int)result]);

    internal void Count(RequestResult result, long ticks)
    {
        var span = 0;
        while (span < BoundTicks.Length && ticks > BoundTicks[span])
            span++;
        Interlocked.Increment(ref _byResult[(int)result]);
        Interlocked.Increment(ref _bySpan[span]);
        Interlocked.Add(ref _ticks, ticks);
    }
}
