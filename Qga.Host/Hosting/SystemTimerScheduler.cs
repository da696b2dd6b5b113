using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Qga.Host.Hosting;

/// <summary>
/// Akka's scheduler on the runtime's timers. Akka's own ticks a hundred times a second from the first message on, due or not;
/// this one makes no system call while nothing is due.
/// </summary>
public sealed class SystemTimerScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log), IDateTimeOffsetNowTimeProvider
{
    public override TimeSpan MonotonicClock => TimeSpan.FromMilliseconds(Environment.TickCount64);

    public override TimeSpan HighResMonotonicClock => new(System.Diagnostics.Stopwatch.GetElapsedTime(0).Ticks);

    protected override DateTimeOffset TimeNow => DateTimeOffset.UtcNow;

    protected override void InternalScheduleTellOnce(
        TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Scheduled.Start(() => receiver.Tell(message, sender), delay, Timeout.InfiniteTimeSpan, cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Scheduled.Start(() => receiver.Tell(message, sender), initialDelay, interval, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        Scheduled.Start(action, delay, Timeout.InfiniteTimeSpan, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Scheduled.Start(action, initialDelay, interval, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Akka.Dispatch.IRunnable action, ICancelable cancelable) =>
        Scheduled.Start(action.Run, delay, Timeout.InfiniteTimeSpan, cancelable);

    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, Akka.Dispatch.IRunnable action, ICancelable cancelable) =>
        Scheduled.Start(action.Run, initialDelay, interval, cancelable);

    /// <summary>One timer, which the runtime keeps alive until it is disposed of.</summary>
    private sealed class Scheduled
    {
        private readonly Action _action;
        private readonly ICancelable? _cancelable;
        private readonly bool _isOnce;
        private readonly Timer _timer;

        private Scheduled(Action action, TimeSpan interval, ICancelable? cancelable)
        {
            _action = action;
            _cancelable = cancelable;
            _isOnce = interval == Timeout.InfiniteTimeSpan;
            _timer = new Timer(static state => ((Scheduled)state!).Due(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        internal static void Start(Action action, TimeSpan delay, TimeSpan interval, ICancelable? cancelable)
        {
            var scheduled = new Scheduled(action, interval, cancelable);
            scheduled._timer.Change(delay, interval);
            cancelable?.Token.UnsafeRegister(static state => ((Scheduled)state!)._timer.Dispose(), scheduled);
        }

        private void Due()
        {
            if (_cancelable is { IsCancellationRequested: true })
                return;
            if (_isOnce)
                _timer.Dispose();
            _action();
        }
    }
}
