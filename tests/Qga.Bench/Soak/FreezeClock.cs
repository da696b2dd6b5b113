namespace Qga.Bench.Soak;

/// <summary>Tells the clients when the guest may be frozen: then, and only then, their commands may be refused for it.</summary>
internal sealed class FreezeClock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    // Odd from before a freeze is asked for until its thaw is answered.
    private long _turn;

    internal long Now => Interlocked.Read(ref _turn);

    internal long Freezes => (Now + 1) / 2;

    internal bool MayBeFrozen => IsFreeze(Now);

    internal void Begin() => Interlocked.Increment(ref _turn);

    internal void End() => Interlocked.Increment(ref _turn);

    /// <summary>Whether the guest may have been frozen at some time since <paramref name="turn"/> was now.</summary>
    internal bool MayHaveBeenFrozenSince(long turn) => IsFreeze(turn) || Now != turn;

    internal void AwaitThaw()
    {
        while (MayBeFrozen)
            Thread.Sleep(Pause);
    }

    private static bool IsFreeze(long turn) => turn % 2 != 0;
}
