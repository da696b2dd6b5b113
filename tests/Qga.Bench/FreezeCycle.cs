using System.Diagnostics;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>How long a host waits for the freeze of all filesystems, and for their thaw.</summary>
internal sealed class FreezeCycle : IMeasurement
{
    private const int FileSystems = 6;
    private const int Cycles = 50;

    public string Name => "freeze";

    public string Method => $"median of {Cycles} freezes and thaws of {FileSystems} ext4 filesystems in a mount namespace, no writers";

    public int Runs => 5;

    /// <summary>It, where there can be filesystems to freeze.</summary>
    internal static IEnumerable<IMeasurement> All => FreezeLab.UnavailableReason is null ? [new FreezeCycle()] : [];

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var lab = new FreezeLab();
        for (var number = 1; number <= FileSystems; number++)
            lab.Mount("ext4", $"/mnt/{number}");
        using var agent = contender == Contender.Ours ? FreezeLabAgent.Start(lab, "-t", "/run") : FreezeLabAgent.StartPeer(lab, "-t", "/run");
        using var client = agent.Connect();

        var freezes = new List<double>();
        var thaws = new List<double>();
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            freezes.Add(Milliseconds(client, "guest-fsfreeze-freeze"));
            thaws.Add(Milliseconds(client, "guest-fsfreeze-thaw"));
        }

        return [new($"freeze of {FileSystems}", "ms", Statistics.Median(freezes)), new($"thaw of {FileSystems}", "ms", Statistics.Median(thaws))];
    }

    private static double Milliseconds(QmpClient client, string command)
    {
        var start = Stopwatch.GetTimestamp();
        var answer = client.Ask($$"""{"execute": "{{command}}"}""");
        var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return answer == $$"""{"return": {{FileSystems}}}""" ? elapsed : throw new InvalidOperationException($"{command}: {answer}");
    }
}
