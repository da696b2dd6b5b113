using System.Diagnostics;
using Qga.Platform.Freeze.Evidence;

namespace Qga.Actors.Freeze;

/// <summary>
/// How many freezes there were, what they were worth, and how long the guest was frozen. The records of freezes are what is counted; any thread
/// counts and reads.
/// </summary>
public sealed class FreezeTally
{
    private readonly long[] _consistent = new long[Enum.GetValues<FreezeEnder>().Length];
    private readonly long[] _others = new long[Enum.GetValues<FreezeEnder>().Length];
    private long _frozenTicks;
    private long _frozenSince;

    /// <summary>How long the guest was frozen in all, until now.</summary>
    public TimeSpan Frozen
    {
        get
        {
            var since = Interlocked.Read(ref _frozenSince);
            return new TimeSpan(Interlocked.Read(ref _frozenTicks)) + (since == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(since));
        }
    }

    internal bool IsFrozen => Interlocked.Read(ref _frozenSince) != 0;

    /// <param name="by">What has ended them.</param>
    /// <param name="isConsistent">What their records say.</param>
    public long Of(FreezeEnder by, bool isConsistent) => Interlocked.Read(ref (isConsistent ? _consistent : _others)[(int)by]);

    /// <summary>Counts a freeze that is over.</summary>
    public void Count(FreezeRecord record) =>
        Interlocked.Increment(ref (record.Doubts.Count == 0 ? _consistent : _others)[(int)(record.End?.By ?? FreezeEnder.Failure)]);

    /// <summary>Notes whether the guest is frozen now.</summary>
    internal void Note(FreezeFacts facts)
    {
        if (facts.Frozen is not null && !IsFrozen)
        {
            Interlocked.Exchange(ref _frozenSince, Stopwatch.GetTimestamp());
        }
        else if (facts.IsThawed && Interlocked.Exchange(ref _frozenSince, 0) is > 0 and var since)
        {
            Interlocked.Add(ref _frozenTicks, Stopwatch.GetElapsedTime(since).Ticks);
        }
    }
}
