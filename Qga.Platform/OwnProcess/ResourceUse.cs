using Qga.Platform.Native;

namespace Qga.Platform.OwnProcess;

/// <summary>What this process takes of the guest now.</summary>
public static class ResourceUse
{
    /// <summary>Memory that it has resident, in bytes; what it shares with others is counted too.</summary>
    public static long ResidentMemory => Environment.WorkingSet;

    /// <summary>Processor time since its start.</summary>
    public static TimeSpan ProcessorTime => Environment.CpuUsage.TotalTime;

    /// <summary>Open descriptors, but for the one that it takes to count them; null if they can't be counted.</summary>
    public static int? Descriptors => LibC.List("/proc/self/fd", out var descriptors) == Errno.Success ? descriptors.Count - 1 : null;
}
