using System.Globalization;
using Qga.Testing;

namespace Qga.Bench.Soak;

/// <summary>What the agent uses at a moment. Memory is its proportional set size in MiB, time is in seconds since the load began.</summary>
internal sealed record SoakSample(double Time, long Requests, double Memory, int Threads, int Descriptors, int Zombies)
{
    internal const string Header = "seconds,requests,pss_mib,threads,descriptors,zombies";

    private const double KibPerMib = 1024;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Time:0.0},{Requests},{Memory:0.00},{Threads},{Descriptors},{Zombies}");

    internal static SoakSample Of(int pid, double time, long requests)
    {
        var status = ProcessStatus.Of(pid);
        return new SoakSample(time, requests, status.Memory / KibPerMib, status.Threads, status.Descriptors, ZombiesOf(pid));
    }

    /// <summary>The children that have ended and that nobody has waited for.</summary>
    private static int ZombiesOf(int parent)
    {
        var ended = $" Z {parent} ";
        return Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[^1])).Count(folder =>
        {
            try
            {
                var stat = File.ReadAllText($"{folder}/stat");
                return stat[(stat.LastIndexOf(')') + 1)..].StartsWith(ended, StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;       // it has just gone
            }
        });
    }
}
