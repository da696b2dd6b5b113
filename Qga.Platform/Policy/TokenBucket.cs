namespace Qga.Platform.Policy;

/// <summary>So many in a period, by a clock that nobody can set: they may come at once, and each is made up for by its share of the period.</summary>
internal sealed class TokenBucket(int capacity, TimeSpan period, TimeProvider time)
{
    private readonly Lock _gate = new();
    private double _tokens = capacity;
    private long _filled = time.GetTimestamp();

    internal bool HasToken
    {
        get
        {
            lock (_gate)
                return Fill() >= 1;
        }
    }

    internal bool TryTake()
    {
        lock (_gate)
        {
            if (Fill() < 1)
                return false;
            _tokens--;
            return true;
        }
    }

    private double Fill()
    {
        var now = time.GetTimestamp();
        var gained = time.GetElapsedTime(_filled, now) / period * capacity;
        _filled = now;
        return _tokens = Math.Min(capacity, _tokens + gained);
    }
}
