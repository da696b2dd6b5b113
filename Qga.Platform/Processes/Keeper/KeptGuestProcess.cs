using Qga.Platform.Native;

namespace Qga.Platform.Processes.Keeper;

/// <summary>A program that a keeper has, as its agent sees it.</summary>
/// <param name="keeper">Who has it.</param>
/// <param name="number">The keeper's for it.</param>
/// <param name="id">The process id.</param>
internal sealed class KeptGuestProcess(KeeperClient keeper, long number, int id) : IGuestProcess
{
    /// <summary>For a keeper that is starved or stopped; the answer is in its memory.</summary>
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource<ProcessEnd> _ended = new();
    private readonly TaskCompletionSource _drained = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource<ProcessOutput>? _asked;

    /// <summary>What came along with the end stays; more than that is the keeper's to hold.</summary>
    private ProcessOutput? _little;
    private Action? _evicted;
    private bool _isEvicted;
    private bool _isLost;
    private volatile bool _isForgotten;

    public int Id => id;

    internal bool IsForgotten => _isForgotten;

    public bool WasFetched { get; init; }

    public bool WasEndRecorded { get; init; }

    public Requester? Requester { get; init; }

    public Task<ProcessEnd> Ended => _ended.Task;

    public Task Drained => _drained.Task;

    public void Seal() => Tell(KeeperMessageKind.Seal);

    public async Task<ProcessOutput> ReadOutputAsync()
    {
        Task<ProcessOutput> asked;
        lock (_gate)
        {
            if (_little is { } little)
                return little;
            if (_isLost)
                throw Lost("its output is lost");
            if (_isEvicted)
                throw LetGo();
            if (_asked is null)
            {
                _asked = new TaskCompletionSource<ProcessOutput>();
                Tell(KeeperMessageKind.Read);
            }

            asked = _asked.Task;
        }

        try
        {
            return await asked.WaitAsync(ReadLimit);
        }
        catch (TimeoutException)
        {
            throw new SystemCallException(Errno.ETIMEDOUT, $"{ProgramKeeperProcess.Name} does not tell what process {id} has printed");
        }
    }

    public void AllowEviction(Action evicted)
    {
        bool isEvicted;
        lock (_gate)
            (_evicted, isEvicted) = (evicted, _isEvicted);
        if (isEvicted)
            evicted();
        else
            keeper.TellSoon(new KeeperMessage(KeeperMessageKind.Fetched, number));
    }

    public void NoteEndRecorded() => keeper.TellSoon(new KeeperMessage(KeeperMessageKind.Recorded, number));

    public void Forget()
    {
        _isForgotten = true;
        Tell(KeeperMessageKind.Forget);
        keeper.Forgotten(number, this);
    }

    internal void Update(ProgramState state)
    {
        lock (_gate)
            _little ??= state.Output;
        if (state.Facts.HasFlag(ProgramFacts.Drained))
            _drained.TrySetResult();
        if (!state.Facts.HasFlag(ProgramFacts.Ended))
            return;
        if (state.Facts.HasFlag(ProgramFacts.EndUnknown))
            _ended.TrySetException(new PlatformException($"nobody knows how process {id} has ended: it was waited for by others"));
        else
            _ended.TrySetResult(state.Facts.HasFlag(ProgramFacts.BySignal) ? new ProcessEnd(null, state.End) : new ProcessEnd(state.End, null));
    }

    internal void Printed(ProcessOutput output) => TakeAsked()?.SetResult(output);

    /// <summary>It can't be told now what it has printed.</summary>
    internal void ReadFailed(string reason) =>
        TakeAsked()?.SetException(new PlatformException($"failed to read what process {id} has printed: {reason}"));

    /// <summary>The keeper has nothing of it any more.</summary>
    internal void Evicted()
    {
        Action? evicted;
        lock (_gate)
        {
            _isEvicted = true;
            evicted = _evicted;
        }

        TakeAsked()?.SetException(LetGo());
        evicted?.Invoke();
    }

    /// <summary>The keeper has ended.</summary>
    internal void Lose()
    {
        lock (_gate)
            _isLost = true;
        TakeAsked()?.SetException(Lost("its output is lost"));
        _ended.TrySetException(Lost("nobody knows whether it has ended, or how"));
        _drained.TrySetResult();
    }

    private TaskCompletionSource<ProcessOutput>? TakeAsked()
    {
        lock (_gate)
        {
            var asked = _asked;
            _asked = null;
            return asked;
        }
    }

    private PlatformException LetGo() => new($"process {id}: its output was let go when memory was needed for that of others");

    private PlatformException Lost(string what) =>
        new($"process {id}: {what}, since {ProgramKeeperProcess.Name}, which had it, was ended");

    private void Tell(KeeperMessageKind kind) => keeper.Tell(new KeeperMessage(kind, number));
}
