using System.Globalization;

namespace Qga.Testing;

/// <summary>What a process uses at the moment, see proc(5). Memory is its proportional set size in KiB.</summary>
public sealed record ProcessStatus(int Descriptors, int Threads, long Memory)
{
    public static ProcessStatus Of(int pid) => new(
        Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length,
        Directory.GetDirectories($"/proc/{pid}/task").Length,
        Field($"/proc/{pid}/smaps_rollup", "Pss:"));

    public static bool HasOpen(int pid, string path) =>
        Directory.GetFileSystemEntries($"/proc/{pid}/fd").Any(entry => new FileInfo(entry).LinkTarget == path);

    /// <summary>Its number in the innermost pid namespace that it is in, which is what it takes for its own.</summary>
    public static int OwnPid(int pid) => int.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("NSpid:", StringComparison.Ordinal)).Split('\t')[^1],
        CultureInfo.InvariantCulture);

    /// <summary>The letter that ps(1) shows; null if there is no such process.</summary>
    public static char? State(int pid) => StateIn($"/proc/{pid}");

    internal static char? StateIn(string folder)
    {
        try
        {
            var stat = File.ReadAllText($"{folder}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The most memory that was ever resident, in KiB.</summary>
    public static long PeakMemory(int pid) => Field($"/proc/{pid}/status", "VmHWM:");

    /// <summary>The processor time used so far, in ticks of (as a rule) 10 ms.</summary>
    public static long Ticks(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until the process has nothing to do any more: it takes no processor time for a while.</summary>
    public static void AwaitRest(int pid)
    {
        var ticks = -1L;
        Eventually.True(() =>
        {
            var before = ticks;
            Thread.Sleep(TimeSpan.FromMilliseconds(500));
            return (ticks = Ticks(pid)) == before;
        });
    }

    private static long Field(string file, string name) => long.Parse(
        File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", ""),
        CultureInfo.InvariantCulture);
}
