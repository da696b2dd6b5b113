using Qga.Platform.Logging;
using Qga.Platform.Threads;

namespace Qga.Platform.Audit;

/// <summary>
/// One place where records go. Nobody waits for it: what it can't take at once waits in memory, and a thread of its own writes it. There is a
/// bound; what finds no room is lost and counted, and a record in its place says how many were. What can't be written is tried again.
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

    // Its monitor, unlike a semaphore of the runtime, does not spin before it sleeps.
    private readonly object _gate = new();
    private readonly Queue<(T Record, int Size)> _waiting = new();
    private OwnThread? _thread;
    private long _waitingBytes;
    private long _written;
    private long _lost;

    /// <summary>How many of the lost no record tells of yet.</summary>
    private long _untold;

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
            if (isFirst && TryWriteNow(record))
            {
                _written++;
                return;
            }

            var waiting = _isHeld ? Held(record) : record;
            var size = SizeOf(waiting);
            if (_waiting.Count >= MostWaiting || _waitingBytes + size > MostWaitingBytes)
            {
                (_lost, _untold) = (_lost + 1, _untold + 1);
                return;
            }

            TellLost();
            Enqueue(waiting, size);
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

    /// <summary>
    /// Begins to write nothing more until <see cref="Release"/>. What is being written goes on: the kernel's own freeze waits for it, or it waits for
    /// the thaw, and only the thread of this place with it.
    /// </summary>
    public void Hold()
    {
        lock (_gate)
            _isHeld = true;
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
            left = [.. _waiting.Select(waiting => waiting.Record)];
        if (left.Count > 0 && !(_isHeld && TryHandOver(left)))
            log.Write(LogLevel.Warning, $"audit: {left.Count} records for the {name} are lost: the agent ends, and they can't be written");
        if (hasEnded)
            Close();
    }

    /// <summary>Whether the record could be written without waiting for anything.</summary>
    protected virtual bool TryWriteNow(T record) => false;

    /// <summary>Sees to it that what is held, as the guest is frozen, is not lost with the agent. Touches no disk.</summary>
    /// <returns>False if it is lost.</returns>
    protected virtual bool TryHandOver(IReadOnlyList<T> held) => held.All(TryWriteNow);

    /// <summary>Writes a record, on the thread of this place.</summary>
    /// <returns>Why it could not be written; null if it was.</returns>
    protected abstract string? Write(T record);

    /// <summary>How much memory a record takes.</summary>
    protected abstract int SizeOf(T record);

    /// <summary>A record of how many were lost.</summary>
    protected abstract T Lost(long count);

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

    private void Enqueue(T record, int size)
    {
        _waiting.Enqueue((record, size));
        _waitingBytes += size;
    }

    private void TellLost()
    {
        if (_untold == 0)
            return;
        log.Write(LogLevel.Warning, $"audit: {_untold} records for the {name} were lost: it could not be written for too long");
        var record = Lost(_untold);
        _untold = 0;
        Enqueue(record, SizeOf(record));
    }

    private void Run()
    {
        while (Take() is { } record)
        {
            var failure = Write(record);
            if (Settle(failure) is { } change)
                log.Write(LogLevel.Warning, change);
        }
    }

    /// <summary>Waits for the next record to write; null at the end.</summary>
    private T? Take()
    {
        lock (_gate)
        {
            while (true)
            {
                if (!_isHeld && _waiting.Count == 0)
                    TellLost();
                if (!_isHeld && !_mustPause && _waiting.TryPeek(out var next))
                {
                    _isWriting = true;
                    return next.Record;
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
    private string? Settle(string? failure)
    {
        lock (_gate)
        {
            _isWriting = false;
            var before = _failure;
            _failure = failure;
            _mustPause = failure is not null;
            if (failure is not null)
                return failure == before ? null : $"audit: {failure}; records wait, and are lost if it takes too long";
            _waitingBytes -= _waiting.Dequeue().Size;
            _written++;
            return before is null ? null : $"audit: the {name} can be written again";
        }
    }
}
