namespace Qga.Platform.Tests.Freeze;

/// <summary>The clock of the deadline in a guest that is suspended as long as a test says: it goes on, and nothing of it fires.</summary>
internal sealed class FakeBootClock : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private long _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _passed);

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException("a timer stands still while the guest is suspended");

    internal void Pass(TimeSpan time) => Interlocked.Add(ref _passed, time.Ticks);
}
