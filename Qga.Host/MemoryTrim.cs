namespace Qga.Host;

/// <summary>
/// Gives memory back to the guest once the agent has been at rest for a while after it allocated much. The collector alone
/// would keep what a large transfer took until the next one.
/// </summary>
internal sealed class MemoryTrim : IDisposable
{
    private const long MuchAllocated = 16 * 1024 * 1024;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly Timer _timer;
    private long _allocatedAtTrim = GC.GetTotalAllocatedBytes();
    private int _isPlanned;
    private volatile bool _wasActive;

    internal MemoryTrim() =>
        _timer = new Timer(static state => ((MemoryTrim)state!).Trim(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();

    /// <summary>Notes that the agent is not at rest.</summary>
    internal void Active()
    {
        _wasActive = true;
        if (_isPlanned == 0
            && GC.GetTotalAllocatedBytes() - Volatile.Read(ref _allocatedAtTrim) >= MuchAllocated
            && Interlocked.Exchange(ref _isPlanned, 1) == 0)
        {
            _timer.Change(Rest, Timeout.InfiniteTimeSpan);
        }
    }

    private void Trim()
    {
        if (_wasActive)
        {
            _wasActive = false;
            _timer.Change(Rest, Timeout.InfiniteTimeSpan);
            return;
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Volatile.Write(ref _allocatedAtTrim, GC.GetTotalAllocatedBytes());
        Volatile.Write(ref _isPlanned, 0);
    }
}
