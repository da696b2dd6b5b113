using System.Globalization;
using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.OwnProcess;

/// <summary>How ready the kernel is to end a process when memory has run out: from -1000, never, to 1000; proc(5), oom_score_adj.</summary>
internal static class OutOfMemoryScore
{
    /// <summary>What a process has that nobody has given another score.</summary>
    internal const int Ordinary = 0;

    /// <summary>That of this process.</summary>
    internal static int Own => int.TryParse(
        KernelFile.TryRead("/proc/self/oom_score_adj"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
        out var score) ? score : Ordinary;

    /// <summary>Has the kernel treat this process as any other, if it lets us.</summary>
    internal static void BecomeOrdinary()
    {
        var errno = LibC.Open("/proc/self/oom_score_adj", LibC.O_WRONLY, out var file);
        using (file)
        {
            if (errno == Errno.Success)
                _ = LibC.WriteAll(file, Encoding.ASCII.GetBytes(Ordinary.ToString(CultureInfo.InvariantCulture)));
        }
    }
}
