using Qga.Platform.Logging;
using Qga.Platform.Threads;

namespace Qga.Platform.Audit;

/// <summary>
/// One place where records go. Nobody waits for it: what it can't take at once waits in memory, and a thread of its own writes it. There is a
/// bound; what finds no room is lost and counted, and a record in its place, by the number of the first of them, says how many were. What can't be
/// written is tried again.
/// </summary>
/// <param name="name">What the place is called.</param>
/// <param name="log">Told when the place can't be written, when it can again, and what was lost.</param>
internal abstract class AuditSink<T>(string name, IEventLog log) : IAuditSink
    where T : class
{
    /// <summary>How many records may wait.</summary>
    internal const int MostWaiting = 4096;

    /// <summary>How much memory they may take, in bytes.</summary>
    internal const int MostWaitingBytes = 1024 * 1024;

    private static readonly TimeSpan ExitGrace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// For so long whoever has more records may be asked to wait; a place that has not caught up by then is slow, and nobody waits for it.
    /// </summary>
    private static readonly TimeSpan CatchUpTime = TimeSpan.FromMilliseconds(200);

    // Its monitor, unlike a semaphore of the runtime, does not spin before it sleeps.
    private readonly object _gate = new();
    private readonly Queue<T> _waiting = new();
    private OwnThread? _thread;
    private long _waitingBytes;
    private long _written;
    private long _lost;

    /// <summary>How many of the lost no record tells of yet.</summary>
    private long _untold;

    /// <summary>The first of those.</summary>
    private T? _firstUntold;

    /// <summary>Since when more than half of the room is taken, as <see cref="Environment.TickCount64"/> has it; 0 if it is not.</summary>
    private long _crowdedSince;

    private string? _failure;
    private bool _isWriting;
    private bool _isHeld;
    private bool _mustPause;
    private bool _isClosed;

    /// <summary>The pause before what could not be written is tried again.</summary>
    internal TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(5);

    public AuditSinkState State
    {
        get
        {
            lock (_gate)
                return new AuditSinkState(name, _written, _waiting.Count, _lost) { Failure = _failure, Path = Path, Head = Head };
        }
    }

    /// <summary>
    /// Whether more than half of the room is taken by what came faster than it could be written. Never of a place that is held, fails, or is slow.
    /// </summary>
    public bool IsBehind
    {
        get
        {
            var since = Volatile.Read(ref _crowdedSince);
            if (since == 0 || Environment.TickCount64 - since >= CatchUpTime.TotalMilliseconds)
                return false;
            lock (_gate)
                return !_isHeld && _failure is null;
        }
    }

    /// <summary>The file; null for no file.</summary>
    protected virtual string? Path => null;

    /// <summary>What was written last to a file.</summary>
    protected virtual AuditHead? Head => null;

    /// <summary>Takes a record.</summary>
    internal void Add(T record)
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            var isFirst = !_isHeld && !_isWriting && _waiting.Count == 0 && _untold == 0;
            if (isFirst && TryWriteNow(record, out var failure))
            {
                CountSettled(failure);
                return;
            }

            var waiting = _isHeld ? Held(record) : record;
            if (_waiting.Count >= MostWaiting || (_waiting.Count > 0 && _waitingBytes + SizeOf(waiting) > MostWaitingBytes))
            {
                (_lost, _untold) = (_lost + 1, _untold + 1);
                _firstUntold ??= waiting;
                return;
            }

            TellLost();
            Enqueue(waiting);
            OnEnqueued(waiting);
            _thread ??= TryStart();
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Makes the thread that writes, which else comes when it is needed, if there are threads then.</summary>
    /// <exception cref="PlatformException">There are no threads left.</exception>
    internal void Prepare()
    {
        lock (_gate)
            _thread ??= OwnThread.Start($"audit-{name}", Run);
    }

    /// <summary>Begins to write nothing more until <see cref="Release"/>. What is being written goes on: <see cref="AwaitRest"/>.</summary>
    public void Hold()
    {
        lock (_gate)
        {
            _isHeld = true;
            OnHeld();
        }
    }

    /// <summary>
    /// Waits until nothing is being written. What still is then, as the disk does not answer, waits in the kernel for the thaw, and the end of this
    /// process with it.
    /// </summary>
    /// <param name="limit">For how long at most.</param>
    public void AwaitRest(TimeSpan limit)
    {
        var until = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        lock (_gate)
        {
            while (_isWriting && until - Environment.TickCount64 is > 0 and var left)
                Monitor.Wait(_gate, TimeSpan.FromMilliseconds(left));
        }
    }

    public void Release()
    {
        lock (_gate)
        {
            _isHeld = false;
            if (_waiting.Count > 0)
                _thread ??= TryStart();
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Tries again at once what could not be written.</summary>
    public virtual void Reopen()
    {
        lock (_gate)
        {
            _mustPause = false;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for what can be written, a second at most.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }

        var hasEnded = _thread?.Join(ExitGrace) ?? true;
        List<T> left;
        lock (_gate)
            left = [.. _waiting];
        if (left.Count > 0 && !TryHandOver(left))
            log.Write(LogLevel.Warning, $"audit: {left.Count} records for the {name} are lost: the agent ends, and they can't be written");
        if (hasEnded)
            Close();
    }

    /// <summary>How many records are written at once.</summary>
    protected virtual int MostAtOnce => 1;

    /// <summary>Whether what can't be written is lost at once, and not tried again.</summary>
    protected virtual bool GivesUp => false;

    /// <summary>Writes a record if that can be done without waiting for anything.</summary>
    /// <param name="record">The record.</param>
    /// <param name="failure">Why it is lost; null if it is not.</param>
    /// <returns>False if it has to wait.</returns>
    protected virtual bool TryWriteNow(T record, out string? failure)
    {
        failure = null;
        return false;
    }

    /// <summary>Sees to it that what is left when the agent ends is not lost. Touches no disk.</summary>
    /// <returns>False if it is lost.</returns>
    protected virtual bool TryHandOver(IReadOnlyList<T> left) => _isHeld && left.All(each => TryWriteNow(each, out var failure) && failure is null);

    /// <summary>Writes records, on the thread of this place.</summary>
    /// <param name="records">One at least.</param>
    /// <param name="settled">How many of them, from the first on, are written.</param>
    /// <returns>Why the next could not be written; null if all were.</returns>
    protected abstract string? Write(IReadOnlyList<T> records, out int settled);

    /// <summary>How much memory a record takes.</summary>
    protected abstract int SizeOf(T record);

    /// <summary>A record of how many were lost.</summary>
    protected abstract T Lost(T first, long count);

    /// <summary>A record waits.</summary>
    protected virtual void OnEnqueued(T record)
    {
    }

    /// <summary>Some were written; these wait still.</summary>
    protected virtual void OnSettled(IReadOnlyCollection<T> waiting)
    {
    }

    /// <summary>From now on records wait.</summary>
    protected virtual void OnHeld()
    {
    }

    /// <summary>A record as it is held.</summary>
    protected virtual T Held(T record) => record;

    /// <summary>Nothing is written any more.</summary>
    protected virtual void Close()
    {
    }

    private OwnThread? TryStart()
    {
        try
        {
            return OwnThread.Start($"audit-{name}", Run);
        }
        catch (PlatformException)
        {
            // The next record tries it again; till then they wait.
            return null;
        }
    }

    /// <summary>Has a record wait, whether there is room or not.</summary>
    protected void Enqueue(T record)
    {
        _waiting.Enqueue(record);
        _waitingBytes += SizeOf(record);
        NoteRoom();
    }

    private void NoteRoom()
    {
        if (_waiting.Count <= MostWaiting / 2 && _waitingBytes <= MostWaitingBytes / 2)
            Volatile.Write(ref _crowdedSince, 0);
        else if (_crowdedSince == 0)
            Volatile.Write(ref _crowdedSince, Environment.TickCount64);
    }

    private void TellLost()
    {
        if (_firstUntold is not { } first)
            return;
        log.Write(LogLevel.Warning, $"audit: {_untold} records for the {name} were lost: {_failure ?? "there was no room for them"}");
        var record = Lost(first, _untold);
        (_untold, _firstUntold) = (0, null);
        Enqueue(record);
        OnEnqueued(record);
    }

    private void Run()
    {
        while (Take() is { } records)
        {
            var failure = Write(records, out var settled);
            if (Settle(settled, failure) is { } change)
                log.Write(LogLevel.Warning, change);
        }
    }

    /// <summary>Waits for the next records to write; null at the end.</summary>
    private List<T>? Take()
    {
        lock (_gate)
        {
            while (true)
            {
                if (!_isHeld && _waiting.Count == 0)
                    TellLost();
                if (!_isHeld && !_mustPause && _waiting.Count > 0)
                {
                    _isWriting = true;
                    return [.. _waiting.Take(MostAtOnce)];
                }

                if (_isClosed)
                    return null;
                if (_isHeld || !_mustPause)
                    Monitor.Wait(_gate);
                else if (!Monitor.Wait(_gate, Pause))
                    _mustPause = false;
            }
        }
    }

    /// <returns>What the log is to be told; null for nothing.</returns>
    private string? Settle(int settled, string? failure)
    {
        lock (_gate)
        {
            _isWriting = false;
            Monitor.PulseAll(_gate);
            var before = _failure;
            for (var count = 0; count < settled; count++)
                Dequeue(failure: null);
            if (failure is not null && GivesUp)
                Dequeue(failure);
            NoteRoom();
            OnSettled(_waiting);
            if (GivesUp)
                return null;
            _failure = failure;
            _mustPause = failure is not null;
            return failure is not null
                ? failure == before ? null : $"audit: {failure}; records wait, and are lost if it takes too long"
                : before is null ? null : $"audit: the {name} can be written again";
        }
    }

    private void Dequeue(string? failure)
    {
        _waitingBytes -= SizeOf(_waiting.Dequeue());
        CountSettled(failure);
    }

    private void CountSettled(string? failure)
    {
        if (failure is null)
            _written++;
        else
            _lost++;
        _failure = failure;
    }
}
