using System.Globalization;

namespace Qga.Bench;

/// <summary>How busy the machine is, by proc_stat(5).</summary>
internal static class MachineLoad
{
    private static readonly TimeSpan Watch = TimeSpan.FromMilliseconds(200);

    /// <summary>Which share of all processors is taken while we do nothing, 0 to 1. What a host takes from a virtual machine counts.</summary>
    internal static double OfOthers()
    {
        var before = Read();
        Thread.Sleep(Watch);
        var after = Read();
        var all = after.All - before.All;
        return all == 0 ? 0 : 1 - ((double)(after.Idle - before.Idle) / all);
    }

    /// <summary>In ticks since the boot, of all processors together.</summary>
    private static (long All, long Idle) Read()
    {
        // user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of the first two.
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        return (ticks.Sum(), ticks[3] + ticks[4]);
    }
}
