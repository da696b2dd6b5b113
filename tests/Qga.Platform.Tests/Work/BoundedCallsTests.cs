using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Qga.Platform.Work;
using Qga.Testing;

namespace Qga.Platform.Tests.Work;

/// <remarks>Gates are opened in any case, and not disposed: workers may still be on their way out.</remarks>
public sealed class BoundedCallsTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    private readonly WorkerPool _workers = new(mostStuck: 1);
    private readonly Clock _time = new();
    private readonly ManualResetEventSlim _gate = new();
    private readonly ManualResetEventSlim _isRunning = new();
    private readonly ConcurrentQueue<Outcome<int>> _late = new();
    private readonly BoundedCalls _calls;

    public BoundedCallsTests() => _calls = new BoundedCalls(_workers, _time);

    public void Dispose() => _gate.Set();

    [Fact]
    public void Value_comes_from_a_worker()
    {
        var caller = Environment.CurrentManagedThreadId;

        Assert.NotEqual(caller, _calls.Run(Limit, () => Environment.CurrentManagedThreadId, progress: null, late: _late.Enqueue));
        Assert.Empty(_late);
    }

    [Fact]
    public void Failure_of_the_call_is_that_of_its_caller()
    {
        var failure = new PlatformException("failed");

        Assert.Same(failure, Assert.Throws<PlatformException>(() => _calls.Run<int>(Limit, () => throw failure, progress: null, late: _late.Enqueue)));
        Assert.Same(failure, Assert.Throws<PlatformException>(() => _calls.Run(Limit, () => throw failure)));
        Assert.Empty(_late);
    }

    [Fact]
    public async Task Call_is_left_alone_when_its_limit_has_passed()
    {
        var run = Start(() => Hang(5));
        AwaitRunning();
        _time.Pass(Limit);

        Assert.Equal("no answer within 8 s", (await Assert.ThrowsAsync<TimeoutException>(() => run)).Message);
        Assert.Equal([Limit], _time.Asked);
        Assert.Equal(1, _workers.Stuck);
        Assert.Empty(_late);
    }

    [Fact]
    public async Task Value_that_comes_late_is_told_once()
    {
        var run = Start(() => Hang(5));
        AwaitRunning();
        _time.Pass(Limit);
        await Assert.ThrowsAsync<TimeoutException>(() => run);

        _gate.Set();
        Eventually.True(() => !_late.IsEmpty);

        // Whatever comes of the call has come once another has taken its worker.
        Eventually.True(() => _workers.Stuck == 0);
        Assert.Equal(7, _calls.Run(Limit, () => 7));
        Assert.Equal([new Outcome<int>(5, Failure: null)], _late);
    }

    [Fact]
    public async Task Failure_that_comes_late_is_told()
    {
        var failure = new PlatformException("failed");
        var run = Start(() => Hang(0) == 0 ? throw failure : 0);
        AwaitRunning();
        _time.Pass(Limit);
        await Assert.ThrowsAsync<TimeoutException>(() => run);

        _gate.Set();

        Eventually.True(() => !_late.IsEmpty);
        Assert.Equal([new Outcome<int>(0, failure)], _late);
    }

    [Fact]
    public async Task Call_may_take_as_long_again_whenever_there_is_progress()
    {
        var written = 0L;
        var run = Start(() => Hang(5), () => Volatile.Read(ref written));
        AwaitRunning();
        for (var round = 0; round < 3; round++)
        {
            _time.AwaitTimer();
            Volatile.Write(ref written, written + 1);
            _time.Advance(Limit);
        }

        _time.AwaitTimer();
        _gate.Set();

        Assert.Equal(5, await run);
        Assert.Equal(Enumerable.Repeat(Limit, 4), _time.Asked);
    }

    [Fact]
    public async Task Call_is_left_alone_when_there_is_no_progress_any_more()
    {
        var written = 0L;
        var run = Start(() => Hang(5), () => Volatile.Read(ref written));
        AwaitRunning();
        _time.AwaitTimer();
        Volatile.Write(ref written, 1);
        _time.Advance(Limit);
        _time.Pass(Limit);

        Assert.Equal("no answer within 8 s", (await Assert.ThrowsAsync<TimeoutException>(() => run)).Message);
        Assert.Equal([Limit, Limit], _time.Asked);
    }

    [Fact]
    public async Task Progress_that_nobody_knows_is_none()
    {
        var asked = 0;
        var run = Start(() => Hang(5), () => Interlocked.Increment(ref asked) == 1 ? 4096 : null);
        AwaitRunning();
        _time.Pass(Limit);

        await Assert.ThrowsAsync<TimeoutException>(() => run);
        Assert.Equal(2, asked);
    }

    /// <summary>A worker counts as free as soon as its work is done, and then tells of that: here it does not come back from there.</summary>
    [Fact]
    public async Task Call_that_no_worker_has_begun_in_time_is_never_made()
    {
        _workers.TryStart(() => { }, () => Hang(0));
        AwaitRunning();
        var wasMade = false;
        var run = Start(() =>
        {
            wasMade = true;
            return 5;
        });
        _time.Pass(Limit);

        Assert.Equal("not begun within 8 s: no worker was free", (await Assert.ThrowsAsync<TimeoutException>(() => run)).Message);
        Assert.Equal([default], _late);
        Assert.Equal(0, _workers.Stuck);

        _gate.Set();
        Assert.Equal(7, _calls.Run(Limit, () => 7));
        Assert.False(wasMade);
        Assert.Single(_late);
    }

    [Fact]
    public void Call_is_made_by_the_caller_where_there_is_no_thread_for_it()
    {
        var running = new CountdownEvent(2);
        for (var i = 0; i < 2; i++)
        {
            _workers.TryStart(
                () =>
                {
                    running.Signal();
                    _gate.Wait();
                },
                () => { });
        }

        Assert.True(running.Wait(Eventually.Patience));

        var caller = Environment.CurrentManagedThreadId;
        Assert.Equal(caller, _calls.Run(Limit, () => Environment.CurrentManagedThreadId, progress: null, late: _late.Enqueue));
        Assert.Empty(_time.Asked);
        Assert.Empty(_late);
    }

    /// <summary>Makes a call from a thread of its own, as from a worker; a test that fails doesn't wait for it for good.</summary>
    private Task<int> Start(Func<int> call, Func<long?>? progress = null) =>
        Task.Factory.StartNew(
            () => _calls.Run(Limit, call, progress, _late.Enqueue), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
        .WaitAsync(Eventually.Patience);

    private int Hang(int value)
    {
        _isRunning.Set();
        _gate.Wait();
        return value;
    }

    private void AwaitRunning() => Assert.True(_isRunning.Wait(Eventually.Patience));

    /// <summary>Time that stands still until somebody waits for it to pass.</summary>
    private sealed class Clock : FakeTimeProvider
    {
        private readonly SemaphoreSlim _timers = new(0);

        internal ConcurrentQueue<TimeSpan> Asked { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Asked.Enqueue(dueTime);
            _timers.Release();
            return timer;
        }

        internal void AwaitTimer() => Assert.True(_timers.Wait(Eventually.Patience));

        internal void Pass(TimeSpan limit)
        {
            AwaitTimer();
            Advance(limit);
        }
    }
}
