using Microsoft.Extensions.Time.Testing;
using Qga.Testing;

namespace Qga.Actors.Tests;

/// <summary>Time for what is bounded: it stands still, and passes for one limit at a time.</summary>
internal sealed class LimitClock : FakeTimeProvider
{
    private int _passed;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(
        seen =>
        {
            if (dueTime == Passing)
                Interlocked.Increment(ref _passed);
            callback(seen);
        },
        state,
        dueTime,
        period);

    private TimeSpan Passing { get; set; }

    /// <summary>
    /// Has time pass until a limit of that length has, and no longer: nothing tells when the call that it is for has begun, and what comes
    /// after that call has a limit of its own.
    /// </summary>
    internal void Pass(TimeSpan limit)
    {
        Passing = limit;
        var before = Volatile.Read(ref _passed);
        Eventually.True(() =>
        {
            Advance(limit);
            return Volatile.Read(ref _passed) > before;
        });
    }
}
