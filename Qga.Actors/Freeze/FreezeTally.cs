using System.Diagnostics;

namespace Qga.Actors.Freeze;

/// <summary>How a freeze can end.</summary>
public enum FreezeOutcome
{
    /// <summary>The host has thawed the guest.</summary>
    Thawed,

    /// <summary>Nobody has in time.</summary>
    Deadline,

    /// <summary>The agent has ended.</summary>
    Exit,

    /// <summary>It failed, and what was frozen was thawed again.</summary>
    Failed,

    /// <summary>Somebody else has ended it: a guardian, or who removed its marker.</summary>
    Foreign,
}

/// <summary>How many freezes there were, how they ended, and how long the guest was frozen. The freeze actor counts; any thread reads.</summary>
public sealed class FreezeTally
{
    private readonly long[] _outcomes = new long[Enum.GetValues<FreezeOutcome>().Length];
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

    public long Of(FreezeOutcome outcome) => Interlocked.Read(ref _outcomes[(int)outcome]);

    internal void Count(FreezeOutcome outcome) => Interlocked.Increment(ref _outcomes[(int)outcome]);

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
