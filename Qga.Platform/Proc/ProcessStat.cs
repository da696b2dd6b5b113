using System.Globalization;

namespace Qga.Platform.Proc;

/// <summary>What /proc/PID/stat tells of a process, or /proc/PID/task/TID/stat of a thread.</summary>
/// <param name="State">The letter that ps(1) shows: Z for one that has ended, D for one in the kernel's hands.</param>
/// <param name="Group">The number of its process group.</param>
/// <param name="Started">When it began, in clock ticks since the start of the guest: with the id, it is no other process.</param>
internal sealed record ProcessStat(char State, int Group, ulong Started)
{
    // The first is the third of proc(5): the name before it may have blanks and brackets.
    private const int ProcessGroup = 5 - 3;
    private const int StartTime = 22 - 3;

    /// <summary>Null if there is no such process.</summary>
    internal static ProcessStat? Of(int process) => Read($"/proc/{process}/stat");

    /// <summary>Null if there is none any more.</summary>
    internal static ProcessStat? Read(string path)
    {
        if (KernelFile.TryRead(path) is not { } text)
            return null;
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > StartTime && ulong.TryParse(fields[StartTime], NumberStyles.None, CultureInfo.InvariantCulture, out var started)
            && int.TryParse(fields[ProcessGroup], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var group)
            ? new ProcessStat(fields[0][0], group, started)
            : null;
    }
}
