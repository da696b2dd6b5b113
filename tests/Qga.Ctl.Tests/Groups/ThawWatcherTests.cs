using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Qga.Client;
using Qga.Ctl.Groups;
using Qga.Testing;

namespace Qga.Ctl.Tests.Groups;

public sealed class ThawWatcherTests
{
    private readonly Pipe _news = new();
    private readonly Pipe _answers = new();
    private readonly WaitingTime _time = new();
    private readonly Dictionary<string, LeftGuest> _guests = new() { ["unix:/a"] = new("unix:/a"), ["unix:/b"] = new("unix:/b") };
    private readonly List<int> _ended = [];
    private readonly Task<IReadOnlyList<ThawWatcher.Left>> _watching;

    public ThawWatcherTests() =>
        _watching = new ThawWatcher(_news.Reader.AsStream(), _answers.Writer.AsStream(), (_, address) => _guests[address], EndTool, _time).RunAsync();

    private bool EndClosesPipe { get; set; } = true;

    private LeftGuest A => _guests["unix:/a"];

    private LeftGuest B => _guests["unix:/b"];

    [Fact]
    public async Task Guests_that_the_tool_has_thawed_are_no_concern()
    {
        await ArmAsync();
        await SayAsync("answered 0", "answered 1", "thawing", "thawed 0", "thawed 1");
        await LeaveAsync();
        Assert.Empty(await EndAsync());
        Assert.Equal(0, A.Asked + B.Asked);
        Assert.Empty(_ended);
    }

    [Fact]
    public async Task Tool_that_was_never_there_leaves_nothing()
    {
        await LeaveAsync();
        Assert.Empty(await EndAsync());
    }

    [Fact]
    public async Task Order_that_was_cut_off_is_none()
    {
        await WriteAsync("{\"parent\": 4711, \"guests\": [\"unix:/a");
        await LeaveAsync();
        Assert.Empty(await EndAsync());
        Assert.Equal(0, A.Asked);
    }

    [Fact]
    public async Task Guest_that_the_tool_leaves_frozen_is_thawed()
    {
        A.IsFrozen = true;
        await ArmAsync();
        await SayAsync("answered 0", "answered 1", "thawed 1");
        await LeaveAsync();
        Assert.Equal([new ThawWatcher.Left("unix:/a", true, null)], await EndAsync());
        Assert.False(A.IsFrozen);
        Assert.Equal((1, 0), (A.Asked, B.Asked));
        Assert.True(A.IsDisposed);
    }

    [Fact]
    public async Task Line_that_was_cut_off_is_none()
    {
        A.IsFrozen = true;
        await ArmAsync();
        await SayAsync("answered 0", "answered 1", "thawed 1");
        await WriteAsync("thawed ");
        await LeaveAsync();
        Assert.Equal("unix:/a", Assert.Single(await EndAsync()).Address);
    }

    [Fact]
    public async Task Freeze_that_was_not_answered_may_come_after_the_thaw()
    {
        await ArmAsync();
        await SayAsync("thawed 1");
        await LeaveAsync();
        Eventually.True(() => A.Asked > 0);
        A.IsFrozen = true;
        Assert.Equal([new ThawWatcher.Left("unix:/a", true, null)], await EndAsync());
        Assert.False(A.IsFrozen);
    }

    [Fact]
    public async Task Guest_is_asked_until_it_answers()
    {
        A.IsFrozen = true;
        A.Failures = 20;
        await ArmAsync();
        await SayAsync("answered 0", "thawed 1");
        await LeaveAsync();
        Eventually.True(() => A.Failures < 20);
        Assert.Equal([new ThawWatcher.Left("unix:/a", true, null)], await EndAsync());
    }

    [Fact]
    public async Task Guest_that_never_answers_is_given_up_when_the_time_is_over()
    {
        A.Failures = int.MaxValue;
        await ArmAsync(limit: 60);
        await SayAsync("answered 0", "thawed 1");
        await LeaveAsync();
        Eventually.True(() => A.Failures < int.MaxValue);
        Assert.Equal([new ThawWatcher.Left("unix:/a", false, "a is not there")], await EndAsync());
    }

    [Fact]
    public async Task Tool_past_its_deadline_is_ended()
    {
        A.IsFrozen = B.IsFrozen = true;
        await ArmAsync();
        await SayAsync("answered 0", "answered 1");
        Assert.Equal(2, (await EndAsync()).Count(guest => guest.WasFrozen));
        Assert.Equal([4711], _ended);
        Assert.False(A.IsFrozen || B.IsFrozen);
    }

    [Fact]
    public async Task Pipe_that_somebody_else_holds_open_is_not_waited_for()
    {
        EndClosesPipe = false;
        A.IsFrozen = true;
        await ArmAsync();
        await SayAsync("answered 0", "thawed 1");
        Assert.Single(await EndAsync());
        Assert.Equal([4711], _ended);
    }

    [Fact]
    public async Task Thaw_has_a_deadline_of_its_own()
    {
        await ArmAsync(deadline: 1, thawDeadline: 1000);
        await SayAsync("answered 0", "answered 1", "thawing", "thawed 0");
        Eventually.True(() => _time.LastWait == TimeSpan.FromSeconds(1000));
        _time.Advance(TimeSpan.FromSeconds(500));
        await SayAsync("thawed 1");
        await LeaveAsync();
        Assert.Empty(await EndAsync());
        Assert.Empty(_ended);
    }

    private async Task ArmAsync(double deadline = 42, double thawDeadline = 40, double limit = 900)
    {
        var order = new WatchOrder(
            4711, [.. _guests.Keys], TimeSpan.FromSeconds(deadline), TimeSpan.FromSeconds(thawDeadline), TimeSpan.FromSeconds(limit), "virsh", "qm");
        await WriteAsync(order.ToLine() + "\n");
        using var reader = new StreamReader(_answers.Reader.AsStream(), leaveOpen: true);
        Assert.Equal("armed", await reader.ReadLineAsync());
    }

    private Task SayAsync(params string[] lines) => WriteAsync(string.Concat(lines.Select(line => line + "\n")));

    private async Task WriteAsync(string text) => await _news.Writer.WriteAsync(Encoding.UTF8.GetBytes(text));

    private async Task LeaveAsync() => await _news.Writer.CompleteAsync();

    /// <summary>Has time pass until the watcher has ended.</summary>
    private async Task<IReadOnlyList<ThawWatcher.Left>> EndAsync()
    {
        Eventually.True(() =>
        {
            if (!_watching.IsCompleted)
                _time.Advance(TimeSpan.FromMilliseconds(500));
            return _watching.IsCompleted;
        });
        return await _watching;
    }

    private void EndTool(int tool)
    {
        _ended.Add(tool);
        if (EndClosesPipe)
            _news.Writer.Complete();
    }

    /// <summary>Tells for how long somebody waits.</summary>
    private sealed class WaitingTime : FakeTimeProvider
    {
        internal TimeSpan LastWait { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            LastWait = dueTime;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    /// <summary>A guest as the watcher finds it.</summary>
    private sealed class LeftGuest(string address) : IFreezableGuest
    {
        private int _asked;

        internal bool IsFrozen { get; set; }

        internal int Failures { get; set; }

        internal int Asked => Volatile.Read(ref _asked);

        internal bool IsDisposed { get; private set; }

        public string Name => address;

        public string Address => address;

        public Task<GuestFacts> PrepareAsync(CancellationToken cancellationToken) => Failures-- > 0
            ? throw new QgaConnectionException("a is not there")
            : Task.FromResult(new GuestFacts("10.0.0", null, false));

        public Task<ThawAnswer> ReleaseAsync(TimeSpan limit, CancellationToken cancellationToken)
        {
            var count = IsFrozen ? 2 : (long?)null;
            IsFrozen = false;
            Interlocked.Increment(ref _asked);
            return Task.FromResult(new ThawAnswer(count, null, TimeSpan.Zero));
        }

        public Task<FreezeAnswer> FreezeAsync(TimeSpan deadline, CancellationToken cancellationToken) => throw new InvalidOperationException();

        public Task<ThawAnswer> ThawAsync(TimeSpan limit, CancellationToken cancellationToken) => throw new InvalidOperationException();

        public Task<FreezeEvidence?> GetEvidenceAsync(CancellationToken cancellationToken) => throw new InvalidOperationException();

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
