using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.OwnProcess;

/// <summary>
/// The code of this program in memory. The kernel maps the pages around each that is needed, so that a start has mapped nearly all of it, and
/// each of those counts as memory of ours.
/// </summary>
public static class ProgramCode
{
    /// <summary>Unmaps the code; what is needed again is mapped again, out of the page cache as a rule.</summary>
    public static void Forget()
    {
        if (LibC.ReadLink("/proc/self/exe", out var program) != Errno.Success)
            return;
        foreach (var line in (KernelFile.TryRead("/proc/self/maps") ?? "").Split('\n'))
        {
            // No code is ever written to, so none is lost; data that the loader has changed would be.
            if (line.Split(' ', 6, StringSplitOptions.TrimEntries) is [var range, "r-xp", _, _, _, var path] && path == program)
                Forget(range);
        }
    }

    private static void Forget(string range)
    {
        var ends = Array.ConvertAll(range.Split('-'), end => nint.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        LibC.Forget(ends[0], ends[1] - ends[0]);
    }
}
