using System.Collections.Concurrent;
using System.Threading.Channels;
using Qga.Ctl.Groups;
using Qga.Testing;

namespace Qga.Ctl.Tests.Groups;

/// <summary>A guest that answers when, and as, a test says.</summary>
internal sealed class FakeGuest(string name, Events events) : IFreezableGuest
{
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();

    public string Name => name;

    public string Address => $"unix:/{name}";

    public bool IsDisposed { get; private set; }

    /// <summary>What its actor trips over.</summary>
    internal Exception? Bug { get; set; }

    public Task<GuestFacts> PrepareAsync(CancellationToken cancellationToken) => Bug is { } bug ? throw bug : CallAsync<GuestFacts>("prepare", cancellationToken);

    public Task<FreezeAnswer> FreezeAsync(TimeSpan deadline, CancellationToken cancellationToken) =>
        CallAsync<FreezeAnswer>($"freeze {deadline.TotalSeconds}", cancellationToken);

    public Task<ThawAnswer> ThawAsync(TimeSpan limit, CancellationToken cancellationToken) => CallAsync<ThawAnswer>("thaw", cancellationToken);

    public Task<ThawAnswer> ReleaseAsync(TimeSpan limit, CancellationToken cancellationToken) => CallAsync<ThawAnswer>("release", cancellationToken);

    public Task<FreezeEvidence?> GetEvidenceAsync(CancellationToken cancellationToken) => CallAsync<FreezeEvidence?>("evidence", cancellationToken);

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        events.Add($"{name} disposed");
        return ValueTask.CompletedTask;
    }

    /// <summary>The next call, which must be that one.</summary>
    internal Call Next(string what)
    {
        var call = _calls.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Patience).GetAwaiter().GetResult();
        Assert.Equal(what, call.What.Split(' ')[0]);
        return call;
    }

    private async Task<T> CallAsync<T>(string what, CancellationToken cancellationToken)
    {
        var call = new Call(what, cancellationToken);
        events.Add($"{name} {what}");
        _calls.Writer.TryWrite(call);
        return (T)(await call.Result.Task)!;
    }

    internal sealed record Call(string What, CancellationToken Cancellation)
    {
        internal TaskCompletionSource<object?> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal void Return(object? result) => Result.SetResult(result);

        internal void Fail(Exception failure) => Result.SetException(failure);
    }
}

/// <summary>What has happened, in its order.</summary>
internal sealed class Events
{
    private readonly ConcurrentQueue<string> _events = new();

    internal void Add(string happened) => _events.Enqueue(happened);

    /// <summary>What has happened by now.</summary>
    internal string[] All => [.. _events];
}

internal sealed class FakeSnapshot(Events events) : ISnapshot
{
    private readonly TaskCompletionSource<SnapshotResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal CancellationToken Over { get; private set; }

    public Task<SnapshotResult> TakeAsync(CancellationToken over)
    {
        Over = over;
        events.Add("snapshot");
        return _result.Task;
    }

    internal void End(string? failure = null) => _result.SetResult(new SnapshotResult(failure, failure is null ? 0 : 1));
}

internal sealed class FakeWatch(Events events) : IThawWatch
{
    private readonly TaskCompletionSource _died = new();

    internal TaskCompletionSource Arming { get; } = new();

    /// <summary>When it knows that guests may be frozen; at once, unless a test has it wait.</summary>
    internal TaskCompletionSource Freezing { get; set; } = Completed();

    public int? ProcessId => 4711;

    public Task Died => _died.Task;

    internal void Die() => _died.SetResult();

    public async Task ArmAsync(IReadOnlyList<string> addresses, GroupLimits limits, CancellationToken cancellationToken)
    {
        events.Add($"arm {string.Join(' ', addresses)}");
        await Arming.Task;
    }

    public Task FreezingAsync()
    {
        events.Add("watch: freezing");
        return Freezing.Task;
    }

    public void Answered(int guest) => events.Add($"watch: {guest} answered");

    public void Thawing() => events.Add("watch: thawing");

    public void Thawed(int guest) => events.Add($"watch: {guest} thawed");

    public ValueTask DisposeAsync()
    {
        events.Add("watch disposed");
        return ValueTask.CompletedTask;
    }

    private static TaskCompletionSource Completed()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
