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
    private readonly string _identity;
    private readonly IEventLog _log;
    private readonly TimeProvider _time;
    private readonly string _journal;
    private readonly Func<string, AuditSpool> _spool;
    private readonly Lock _gate = new();
    private volatile Places _places = new(new AuditSettings(Syslog: false, Journal: false, File: null), Syslog: null, Journal: null, File: null);
    private bool _isHeld;
    private long _sequence;

    /// <param name="settings">Where records go.</param>
    /// <param name="identity">The name of the program in syslog and journal.</param>
    /// <param name="log">Told when one of the places can't be written, and what was lost.</param>
    /// <param name="time">The guest's clock.</param>
    public AuditTrail(AuditSettings settings, string identity, IEventLog log, TimeProvider time)
        : this(settings, identity, log, time, JournalSink.Socket)
    {
    }

    internal AuditTrail(
        AuditSettings settings, string identity, IEventLog log, TimeProvider time, string journal, Func<string, AuditSpool>? spool = null)
    {
        (_identity, _log, _time, _journal) = (identity, log, time, journal);
        _spool = spool ?? (static path => new AuditSpool(path));
        MoveTo(settings);
    }

    /// <summary>Whether there is a journal in this guest.</summary>
    public static bool HasJournal => LibC.Status(JournalSink.Socket, out _) == Errno.Success;

    /// <summary>Whether there is a syslog in this guest.</summary>
    public static bool HasSyslog => LibC.Status(SyslogSocket.Path, out _) == Errno.Success;

    /// <summary>Where records go.</summary>
    public AuditSettings Settings => _places.Settings;

    public bool TakesRecords => _places is not { Journal: null, File: null };

    public bool IsBehind
    {
        get
        {
            foreach (var sink in _places.All)
            {
                if (sink.IsBehind)
                    return true;
            }

            return false;
        }
    }

    /// <summary>How each of the places is.</summary>
    public IReadOnlyList<AuditSinkState> Sinks => [.. _places.All.Select(sink => sink.State)];

    /// <summary>Makes the threads that can't be done without.</summary>
    /// <exception cref="PlatformException">There are no threads left.</exception>
    public void Prepare() => _places.File?.Prepare();

    /// <summary>
    /// Has records go elsewhere from now on. A place that stays goes on as it was; one that is left gets what waits for it, as at the end of
    /// the agent, and that may take a second.
    /// </summary>
    public void MoveTo(AuditSettings settings)
    {
        List<IAuditSink> left;
        lock (_gate)
        {
            var before = _places;
            _places = new Places(
                settings,
                settings.Syslog ? before.Syslog ?? new SyslogSink(_identity, _log) : null,
                settings.Journal ? before.Journal ?? new JournalSink(_identity, _log, _journal) : null,
                settings.File is { } path ? FileOf(before, path) : null);
            left = [.. before.All.Except(_places.All)];
            if (_isHeld)
            {
                foreach (var fresh in _places.All.Except(before.All))
                    fresh.Hold();
            }
        }

        left.ForEach(sink => sink.Dispose());
    }

    public void Record(string text) => _places.Syslog?.Add(LogText.Of(text));

    public void Record(AuditRecord record)
    {
        // In one order for all.
        lock (_gate)
        {
            record.Stamp = AuditStamp.Of(++_sequence, _time.GetUtcNow(), LibC.BootTime());
            _places.Journal?.Record(record);
            _places.File?.Record(record);
        }
    }

    /// <summary>Writes nothing more until <see cref="Release"/>: what comes stays in memory.</summary>
    /// <param name="limit">For how long what is being written may take.</param>
    public void Hold(TimeSpan limit = default)
    {
        Places places;
        lock (_gate)
        {
            _isHeld = true;
            places = _places;
            foreach (var sink in places.All)
                sink.Hold();
        }

        // A write that the freeze catches would keep the agent from ending, and the next one from starting. The others write to sockets.
        places.File?.AwaitRest(limit);
    }

    /// <summary>Writes what was held, each record with its own time.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isHeld = false;
            foreach (var sink in _places.All)
                sink.Release();
        }
    }

    /// <summary>Goes on in the file that the path leads to now, with the chain, and tries again what could not be written.</summary>
    public void Reopen()
    {
        foreach (var sink in _places.All)
            sink.Reopen();
    }

    /// <summary>Waits for what can be written, a second at most.</summary>
    public void Dispose()
    {
        foreach (var sink in _places.All)
            sink.Dispose();
    }

    private FileSink FileOf(Places before, string path) =>
        before.Settings.File == path ? before.File! : new FileSink(path, _log, _spool(path));

    /// <summary>What is in the place of records that were lost.</summary>
    /// <param name="first">That of the first of them.</param>
    /// <param name="count">How many they were.</param>
    internal static AuditRecord Lost(AuditStamp? first, long count)
    {
        var record = new AuditRecord(AuditKind.Lost, $"{count} records of the audit were lost") { Stamp = first };
        record.Members.Add("lost", count);
        return record;
    }

    private sealed record Places(AuditSettings Settings, SyslogSink? Syslog, JournalSink? Journal, FileSink? File)
    {
        internal IReadOnlyList<IAuditSink> All { get; } = [.. ((IAuditSink?[])[Syslog, Journal, File]).OfType<IAuditSink>()];
    }
}
