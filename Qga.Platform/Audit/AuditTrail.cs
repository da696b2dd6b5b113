using Qga.Platform.Logging;
using Qga.Platform.Native;

namespace Qga.Platform.Audit;

/// <summary>Where records go.</summary>
/// <param name="Syslog">To syslog, in the words of qemu-ga.</param>
/// <param name="Journal">To the journal, with fields.</param>
/// <param name="File">To a file with a chain of hashes; null for none.</param>
public sealed record AuditSettings(bool Syslog, bool Journal, string? File)
{
    /// <summary>To syslog alone, as qemu-ga.</summary>
    public static readonly AuditSettings Usual = new(Syslog: true, Journal: false, File: null);
}

/// <summary>
/// The audit of one agent: numbers the records and gives them to all places where they are to go. No place holds up another, or whoever has
/// something to record. From <see cref="Hold"/> to <see cref="Release"/> nothing is written: filesystems are frozen.
/// </summary>
public sealed class AuditTrail : IAuditLog, IDisposable
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly SyslogSink? _syslog;
    private readonly JournalSink? _journal;
    private readonly FileSink? _file;
    private readonly IReadOnlyList<IAuditSink> _sinks;
    private long _sequence;

    /// <param name="settings">Where records go.</param>
    /// <param name="identity">The name of the program in syslog and journal.</param>
    /// <param name="log">Told when one of the places can't be written, and what was lost.</param>
    /// <param name="time">The guest's clock.</param>
    public AuditTrail(AuditSettings settings, string identity, IEventLog log, TimeProvider time)
        : this(settings, identity, log, time, JournalSink.Socket)
    {
    }

    internal AuditTrail(AuditSettings settings, string identity, IEventLog log, TimeProvider time, string journal, AuditSpool? spool = null)
    {
        _time = time;
        _syslog = settings.Syslog ? new SyslogSink(identity, log) : null;
        _journal = settings.Journal ? new JournalSink(identity, Lost, log, journal) : null;
        _file = settings.File is { } path ? new FileSink(path, Lost, log, spool ?? new AuditSpool(path)) : null;
        _sinks = [.. ((IAuditSink?[])[_syslog, _journal, _file]).OfType<IAuditSink>()];
    }

    /// <summary>Whether there is a journal in this guest.</summary>
    public static bool HasJournal => LibC.Status(JournalSink.Socket, out _) == Errno.Success;

    public bool TakesRecords => _journal is not null || _file is not null;

    /// <summary>How each of the places is.</summary>
    public IReadOnlyList<AuditSinkState> Sinks => [.. _sinks.Select(sink => sink.State)];

    /// <summary>Makes the threads that can't be done without.</summary>
    /// <exception cref="PlatformException">There are no threads left.</exception>
    public void Prepare() => _file?.Prepare();

    public void Record(string text) => _syslog?.Add(LogText.Of(text));

    public void Record(AuditRecord record)
    {
        // In one order for all.
        lock (_gate)
        {
            Stamp(record);
            _journal?.Add(record);
            _file?.Add(record);
        }
    }

    /// <summary>Writes nothing more until <see cref="Release"/>, and waits for nothing: what comes stays in memory.</summary>
    public void Hold()
    {
        foreach (var sink in _sinks)
            sink.Hold();
    }

    /// <summary>Writes what was held, each record with its own time.</summary>
    public void Release()
    {
        foreach (var sink in _sinks)
            sink.Release();
    }

    /// <summary>Goes on in the file that the path leads to now, with the chain, and tries again what could not be written.</summary>
    public void Reopen()
    {
        foreach (var sink in _sinks)
            sink.Reopen();
    }

    /// <summary>Waits for what can be written, a second at most.</summary>
    public void Dispose()
    {
        foreach (var sink in _sinks)
            sink.Dispose();
    }

    private AuditRecord Stamp(AuditRecord record) => record.Stamp(Interlocked.Increment(ref _sequence), _time.GetUtcNow(), LibC.BootTime());

    private AuditRecord Lost(long count)
    {
        var record = new AuditRecord(AuditKind.Lost, $"{count} records of the audit were lost");
        record.Members.Add("lost", count);
        return Stamp(record);
    }
}
