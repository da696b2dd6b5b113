namespace Qga.Actors;

/// <summary>
/// Decides when memory goes back to the guest: once the agent has been at rest for a while after it allocated much. The
/// collector alone would keep what a large transfer took until the next one.
/// </summary>
internal sealed class MemoryTrim
{
    /// <summary>How long nothing may have been asked for.</summary>
    internal static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private const long MuchAllocated = 16 * 1024 * 1024;

    private long _allocatedAtTrim = GC.GetTotalAllocatedBytes();
    private bool _isPlanned;
    private bool _wasBusy;

    /// <summary>Notes a request.</summary>
    /// <returns>Whether <see cref="TryTrim"/> is to be called after <see cref="Rest"/>.</returns>
    internal bool Plan()
    {
        _wasBusy = true;
        if (_isPlanned || GC.GetTotalAllocatedBytes() - _allocatedAtTrim < MuchAllocated)
            return false;
        return _isPlanned = true;
    }

    /// <returns>Whether it has trimmed; if not, it is to be called once more after <see cref="Rest"/>.</returns>
    internal bool TryTrim()
    {
        if (_wasBusy)
        {
            _wasBusy = false;
            return false;
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _allocatedAtTrim = GC.GetTotalAllocatedBytes();
        _isPlanned = false;
        return true;
    }
}
