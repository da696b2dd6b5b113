namespace Qga.Platform.Processes;

/// <summary>
/// The memory that the output of all processes may take together. When it is used up, what the host has fetched already goes, the
/// oldest first.
/// </summary>
/// <param name="limit">In bytes.</param>
internal sealed class CaptureBudget(long limit)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Action> _evictable = new();
    private long _used;

    /// <summary>Whether so much could be reserved, at the cost of what has been fetched if need be.</summary>
    public bool HasRoomFor(long bytes)
    {
        lock (_gate)
            return limit - _used >= bytes || _evictable.Count > 0;
    }

    /// <returns>How much was reserved: what was wanted, or all that is left.</returns>
    public long Reserve(long wanted)
    {
        while (true)
        {
            Action evict;
            lock (_gate)
            {
                if (limit - _used >= wanted || _evictable.First is not { } oldest)
                {
                    var granted = Math.Min(wanted, limit - _used);
                    _used += granted;
                    return granted;
                }

                _evictable.Remove(oldest);
                evict = oldest.Value;
            }

            // It releases what it held.
            evict();
        }
    }

    public void Release(long bytes)
    {
        lock (_gate)
            _used -= bytes;
    }

    /// <returns>For <see cref="ForbidEviction"/>.</returns>
    public LinkedListNode<Action> AllowEviction(Action evict)
    {
        lock (_gate)
            return _evictable.AddLast(evict);
    }

    public void ForbidEviction(LinkedListNode<Action> node)
    {
        lock (_gate)
        {
            if (node.List is not null)
                _evictable.Remove(node);
        }
    }
}
