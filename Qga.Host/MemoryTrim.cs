using System.Runtime;
using Qga.Platform.OwnProcess;

namespace Qga.Host;

/// <summary>
/// Gives memory back to the guest once the agent has done little for a while after it allocated much. The collector alone would keep
/// what a large transfer took until the next one. It does not collect at all while the agent starts: that would be a quarter of the start.
/// </summary>
internal sealed class MemoryTrim : IDisposable
{
    private const long Much = 16 * 1024 * 1024;

    /// <summary>What a host that asks something every second, and a watchdog, make it allocate meanwhile, and more.</summary>
    private const long Little = 1024 * 1024;

    /// <summary>More than a start allocates.</summary>
    private const long OfStart = 8 * 1024 * 1024;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RestAfterStart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly Timer _timer;
    private long _allocatedAtTrim = GC.GetTotalAllocatedBytes();
    private long _allocated;
    private int _isPlanned;                         // soon, after a rest
    private TimeSpan _pause = Rest;

    internal MemoryTrim() =>
        _timer = new Timer(static state => ((MemoryTrim)state!).Trim(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();

    /// <summary>
    /// Has nothing collected until a rest after the start, or until that much was allocated. Where the guest has not that much memory for us, it
    /// is collected as usual.
    /// </summary>
    internal static void Starting() => _ = GC.TryStartNoGCRegion(OfStart, disallowFullBlockingGC: true);

    /// <summary>The start is over: what it took goes back after a rest.</summary>
    internal void Started()
    {
        _allocated = GC.GetTotalAllocatedBytes();
        if (Interlocked.Exchange(ref _isPlanned, 1) == 0)
            _timer.Change(RestAfterStart, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Notes that the agent is not at rest.</summary>
    internal void Active()
    {
        if (_isPlanned == 0
            && GC.GetTotalAllocatedBytes() - Volatile.Read(ref _allocatedAtTrim) >= Much
            && Interlocked.Exchange(ref _isPlanned, 1) == 0)
        {
            _timer.Change(Rest, Timeout.InfiniteTimeSpan);
        }
    }

    private void Trim()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _allocated >= Little)
        {
            (_allocated, _pause) = (allocated, Rest);
            _timer.Change(Rest, Timeout.InfiniteTimeSpan);
            return;
        }

        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            GC.EndNoGCRegion();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ProgramCode.Forget();
        Volatile.Write(ref _allocatedAtTrim, GC.GetTotalAllocatedBytes());
        if (GC.GetTotalMemory(forceFullCollection: false) >= Much)
        {
            // Something has it yet, as a program that reads its input slowly, and need not tell when it has no more.
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            _timer.Change(_pause, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _pause = Rest;
        }

        // What is allocated from now on is not to wait for the end of a long pause.
        Volatile.Write(ref _isPlanned, 0);
    }
}
