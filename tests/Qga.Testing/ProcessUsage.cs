using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Qga.Testing;

/// <summary>
/// What a process and its descendants have taken until now. Processor time includes threads that have ended and programs that have been
/// waited for; switches are those of the threads that are there.
/// </summary>
public sealed partial class ProcessUsage
{
    private readonly Dictionary<int, Switches> _threads = [];

    private ProcessUsage()
    {
    }

    /// <summary>The processor time since their start.</summary>
    public TimeSpan Processor { get; private set; }

    public static ProcessUsage Of(int pid)
    {
        var usage = new ProcessUsage();
        usage.Add(pid);
        return usage;
    }

    /// <summary>The processor time, and how often a thread has waited and has been made to give way, since then.</summary>
    public (TimeSpan Processor, long Voluntary, long Involuntary) Since(ProcessUsage before)
    {
        var (voluntary, involuntary) = (0L, 0L);
        foreach (var (thread, now) in _threads)
        {
            var then = before._threads.GetValueOrDefault(thread);
            voluntary += now.Voluntary - then.Voluntary;
            involuntary += now.Involuntary - then.Involuntary;
        }

        return (Processor - before.Processor, voluntary, involuntary);
    }

    private void Add(int pid)
    {
        Processor += ClockOf(pid) + WaitedFor(pid);
        foreach (var thread in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            if (TryRead($"{thread}/status") is { } status)
                _threads[int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture)] = Switches.Of(status);
            foreach (var child in TryRead($"{thread}/children")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [])
                Add(int.Parse(child, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Null if the thread has just ended.</summary>
    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>In nanoseconds, where /proc/PID/stat counts in hundredths of a second.</summary>
    private static TimeSpan ClockOf(int pid)
    {
        // What clock_getcpuclockid(3) makes of a pid: CPUCLOCK_SCHED of the whole process.
        var clock = (~pid << 3) | 2;
        if (clock_gettime(clock, out var time) != 0)
            throw new Win32Exception();
        return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000.0);
    }

    /// <summary>The processor time of the children that have ended, and of theirs: to a hundredth of a second, which many requests share.</summary>
    private static TimeSpan WaitedFor(int pid)
    {
        const long TicksOfUserHertz = TimeSpan.TicksPerSecond / 100;
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new TimeSpan(fields[13..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)) * TicksOfUserHertz);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out TimeSpec time);

    private readonly record struct Switches(long Voluntary, long Involuntary)
    {
        internal static Switches Of(string status) => new(Field(status, "\nvoluntary_ctxt_switches:"), Field(status, "\nnonvoluntary_ctxt_switches:"));

        private static long Field(string status, string name) =>
            long.Parse(status[(status.IndexOf(name, StringComparison.Ordinal) + name.Length)..].Split('\n')[0], CultureInfo.InvariantCulture);
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
