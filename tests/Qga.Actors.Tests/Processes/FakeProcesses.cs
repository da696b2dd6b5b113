using System.Text;
using Qga.Platform;
using Qga.Platform.Processes;

namespace Qga.Actors.Tests.Processes;

/// <summary>Programs that run until a test ends them.</summary>
internal sealed class FakeProcesses : IGuestProcesses
{
    private readonly List<FakeProcess> _all = [];
    private int _begun;

    /// <summary>All that were started, the first first.</summary>
    internal IReadOnlyList<FakeProcess> All
    {
        get
        {
            lock (_all)
                return [.. _all];
        }
    }

    internal PlatformException? Failure { get; set; }

    /// <summary>How many starts have begun.</summary>
    internal int Begun => Volatile.Read(ref _begun);

    /// <summary>Holds up every start; null for none.</summary>
    internal ManualResetEventSlim? Gate { get; set; }

    /// <summary>Gives the next process its id.</summary>
    internal Func<int, int> NextId { get; set; } = static count => 5000 + count;

    /// <summary>What agents before this one have started; read when the agent starts.</summary>
    internal List<FakeProcess> Before { get; } = [];

    public IReadOnlyList<IGuestProcess> Inherited => Before;

    public IGuestProcess Start(ProcessStart start)
    {
        Interlocked.Increment(ref _begun);
        Gate?.Wait();
        if (Failure is not null)
            throw Failure;
        lock (_all)
        {
            var process = new FakeProcess(NextId(_all.Count), start);
            _all.Add(process);
            return process;
        }
    }
}

/// <summary>A process that does what the test says; its agent has been told of it by the time that the call returns.</summary>
internal sealed class FakeProcess(int id, ProcessStart start) : IGuestProcess
{
    private readonly TaskCompletionSource<ProcessEnd> _ended = new();
    private readonly TaskCompletionSource _drained = new();
    private string _out = "";
    private string _error = "";

    internal ProcessStart Start => start;

    public Requester? Requester { get; init; }

    /// <summary>Lets its output go; null until that is allowed.</summary>
    internal Action? Evict { get; private set; }

    internal bool IsForgotten { get; private set; }

    internal bool IsSealed { get; private set; }

    /// <summary>Holds back what was printed; null if it is at hand.</summary>
    internal TaskCompletionSource? Hold { get; set; }

    /// <summary>Whether more was printed than is kept.</summary>
    internal bool IsTruncated { get; set; }

    public int Id => id;

    public Task<ProcessEnd> Ended => _ended.Task;

    public Task Drained => _drained.Task;

    internal void Print(string text, string error = "") => (_out, _error) = (_out + text, _error + error);

    internal void Exit(int code) => Tell(() => _ended.SetResult(new ProcessEnd(code, Signal: null)));

    internal void Die(int signal) => Tell(() => _ended.SetResult(new ProcessEnd(ExitCode: null, signal)));

    internal void Drain() => Tell(_drained.SetResult);

    internal void Lose(string why) => Tell(() => _ended.SetException(new PlatformException(why)));

    public bool WasFetched { get; init; }

    public bool WasEndRecorded { get; init; }

    public bool IsEndRecorded { get; private set; }

    public void NoteEndRecorded() => IsEndRecorded = true;

    public void Seal() => IsSealed = true;

    public async Task<ProcessOutput> ReadOutputAsync()
    {
        if (Hold is { } hold)
            await hold.Task;
        return new ProcessOutput(Text(_out), Text(_error));
    }

    public void AllowEviction(Action evicted) => Evict = evicted;

    public void Forget() => IsForgotten = true;

    /// <summary>Completes a task, and what waits for it at once: beside a test's own context the runtime would leave that to a thread of its pool.</summary>
    private static void Tell(Action complete)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            complete();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private CapturedText Text(string text) => new(Encoding.UTF8.GetBytes(text), IsTruncated);
}
