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
    private IFreezableGuest? _reached;

    public ThawWatcherTests() =>
        _watching = new ThawWatcher(_news.Reader.AsStream(), _answers.Writer.AsStream(), (_, address) => _reached ?? _guests[address], EndTool, _time).RunAsync();

    private bool EndClosesPipe { get; set; } = true;

    private LeftGuest A => _guests["unix:/a"];

    private LeftGuest B => _guests["unix:/b"];

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("7")]
    [InlineData("""{"parent": "x", "guests": 7}""")]
    [InlineData("""{"parent": 4711, "guests": [], "deadline": 1e300, "thaw-deadline": 1, "limit": 1, "connect": 1, "virsh": "virsh", "qm": "qm"}""")]
    public async Task What_is_no_order_is_none(string line)
    {
        await SayAsync(line);
        Assert.Empty(await EndAsync());
    }

    [Fact]
    public async Task Guests_are_no_concern_before_they_are_frozen()
    {
        A.IsFrozen = true;
        await ArmAsync(isFreezing: false);
        await LeaveAsync();
        Assert.Empty(await EndAsync());
        Assert.Equal((0, true), (A.Asked, A.IsFrozen));
    }

    [Theory]
    [InlineData(1, new[] { 10, 20, 40, 80, 120, 120 })]
    [InlineData(30, new[] { 30, 60, 120, 120 })]
    [InlineData(500, new[] { 500, 500 })]
    public async Task Guest_that_is_slow_gets_more_time_and_no_less_than_the_tool_has_given_it(int connect, int[] seconds)
    {
        A.Failures = seconds.Length - 1;
        await ArmAsync(connect: connect);
        await SayAsync("answered 0", "thawed 1");
        await LeaveAsync();
        Assert.Single(await EndAsync());
        Assert.Equal(seconds, A.Limits.Select(limit => (int)limit.TotalSeconds));
    }

    [Fact]
    public async Task No_attempt_outlives_the_time_of_the_watcher()
    {
        A.IsSilent = true;
        await ArmAsync(limit: 12);
        await SayAsync("answered 0", "thawed 1");
        await LeaveAsync();
        Eventually.True(() => A.Asked > 0);
        _time.Advance(TimeSpan.FromSeconds(12));
        Assert.Equal([new ThawWatcher.Left("unix:/a", false, "it has not answered")], await _watching.WaitAsync(Eventually.Patience));
    }

    /// <summary>QEMU and qemu-ga serve one client at a time: a second connection would wait for the first, which is ours.</summary>
    [Theory]
    [InlineData("guest-fsfreeze-status")]
    [InlineData("guest-fsfreeze-thaw")]
    public async Task Guest_that_takes_one_client_and_is_slow_once_is_thawed(string slow)
    {
        using var scratch = new ScratchDirectory();
        using var guest = new SimulatedGuest(scratch.PathOf("guest"));
        guest.FreezeFromOutside();
        var gate = new TaskCompletionSource();
        guest.Before[slow] = gate.Task;
        var options = new GuestAgentOptions { TimeProvider = _time };
        _reached = new AgentGuest("a", GuestAddress.Parse(guest.Address), options, new GroupClock(_time));
        await ArmAsync();
        await SayAsync("answered 0", "thawed 1");
        await LeaveAsync();
        Eventually.True(() => guest.Done.Contains(slow));
        _time.Advance(TimeSpan.FromSeconds(11));
        gate.SetResult();
        Eventually.True(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return guest.Frozen == 0;
        });
        Assert.Null(Assert.Single(await EndAsync()).Failure);
    }

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

    private async Task ArmAsync(double deadline = 42, double thawDeadline = 40, double limit = 900, double connect = 1, bool isFreezing = true)
    {
        var order = new WatchOrder(
            4711, [.. _guests.Keys], TimeSpan.FromSeconds(deadline), TimeSpan.FromSeconds(thawDeadline), TimeSpan.FromSeconds(limit), TimeSpan.FromSeconds(connect),
            "virsh", "qm");
        await WriteAsync(order.ToLine() + "\n");
        using var reader = new StreamReader(_answers.Reader.AsStream(), leaveOpen: true);
        Assert.Equal("armed", await reader.ReadLineAsync());
        if (isFreezing)
            await SayAsync("freezing");
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

        internal bool IsSilent { get; set; }

        internal int Asked => Volatile.Read(ref _asked);

        /// <summary>How long it was given for each answer.</summary>
        internal List<TimeSpan> Limits { get; } = [];

        internal bool IsDisposed { get; private set; }

        public string Name => address;

        public string Address => address;

        /// <remarks>What the watcher need not know is one more question that may hang.</remarks>
        public Task<GuestFacts> PrepareAsync(CancellationToken cancellationToken) => throw new InvalidOperationException();

        public async Task<ThawAnswer> ReleaseAsync(TimeSpan limit, CancellationToken cancellationToken)
        {
            Limits.Add(limit);
            if (Failures-- > 0)
                throw new QgaConnectionException("a is not there");
            if (IsSilent)
            {
                Interlocked.Increment(ref _asked);
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            var count = IsFrozen ? 2 : (long?)null;
            IsFrozen = false;
            Interlocked.Increment(ref _asked);
            return new ThawAnswer(count, null, TimeSpan.Zero);
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
