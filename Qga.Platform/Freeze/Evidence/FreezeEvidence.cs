using System.Globalization;
using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.State;
using Qga.Platform.Storage;
using Qga.Platform.Timekeeping;

namespace Qga.Platform.Freeze.Evidence;

/// <summary>
/// Keeps the record of a freeze, from the request to the end, while it happens: in memory, and in a journal for whoever has to go on with it. The
/// steps of the freeze note in it what they do, one at a time; any thread may read.
/// </summary>
/// <param name="time">Its timestamps are those of CLOCK_BOOTTIME.</param>
/// <param name="stateDirectory">Whose freezes they are, for the journal; null for no journal.</param>
/// <param name="directory">Where the journal is; null for the runtime directory.</param>
public sealed class FreezeEvidence(TimeProvider time, string? stateDirectory = null, string? directory = null)
{
    /// <summary>How many of the mount points that were asked for are kept.</summary>
    private const int MostAsked = 64;

    /// <summary>How much of a name is told.</summary>
    private const int LongestName = 512;

    /// <summary>Filesystems whose drivers know no freeze: one more of them that is mounted changes nothing.</summary>
    private static readonly HashSet<string> Unfreezable =
        ["vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "iso9660", "udf", "squashfs", "erofs"];

    private const string Untold = "the agent has ended before it was complete";

    private readonly Lock _gate = new();
    private readonly string? _path = stateDirectory is null ? null : FreezeJournal.PathFor(stateDirectory, directory ?? RuntimeDirectory.Path);
    private readonly List<FreezeEvent> _events = [];

    /// <summary>What is frozen, as far as is known, by device.</summary>
    private readonly Dictionary<string, MountPoint> _frozen = [];

    private FreezeJournal? _journal;
    private bool _isJournalWhole = true;

    public FreezeEvidence()
        : this(BootClock.Instance)
    {
    }

    /// <summary>Told of each freeze that is over, on the thread of its last step. The guest is thawed then.</summary>
    public Action<FreezeRecord> Completed { get; set; } = static _ => { };

    /// <summary>In whose name it is thawed.</summary>
    public Thawer Thawer { get; init; } = Thawer.Agent;

    /// <summary>The freeze that is not over; null for none.</summary>
    public FreezeRecord? Current
    {
        get
        {
            lock (_gate)
                return FreezeRecord.Of(_events);
        }
    }

    /// <summary>What a guardian notes its part in; null for none.</summary>
    internal FreezeJournal? Journal => _journal;

    internal Moment Now => Moment.Now(time);

    /// <summary>Whether there is a record that is not complete.</summary>
    internal bool IsKept => _events.Count > 0;

    /// <summary>Makes a record of what an agent has left that is no more, and whose freeze is over: its guardian may have thawed the guest.</summary>
    public void CompleteLeftover()
    {
        if (_path is null || IsKept || FreezeJournal.TryOpen(_path) is not { } journal)
            return;
        using (journal)
            Complete(journal);
    }

    /// <summary>Reads what agents have left that are no more: freezes that nobody has made a record of yet.</summary>
    public static IReadOnlyList<FreezeRecord> Leftovers()
    {
        List<FreezeRecord> records = [];
        foreach (var path in FreezeJournal.All())
        {
            using var journal = FreezeJournal.TryOpen(path);
            if (journal is not null && FreezeRecord.Of(journal.Read()) is { } record)
                records.Add(record);
        }

        return records;
    }

    /// <summary>A freeze is asked for.</summary>
    /// <param name="asker">By whom.</param>
    /// <param name="mountPoints">Which filesystems; null for all.</param>
    /// <param name="timeout">For how long at most; null for any time.</param>
    internal void Begin(FreezeAsker asker, IReadOnlyList<string>? mountPoints, TimeSpan? timeout)
    {
        // A step that has failed may have left one.
        End();
        CompleteLeftover();
        _journal = _path is null ? null : FreezeJournal.TryMake(_path);
        var seconds = timeout is { } limit ? string.Create(CultureInfo.InvariantCulture, $"{limit.TotalSeconds:F0}") : "";
        string[] what = mountPoints is null ? ["all"] : ["list", .. Bounded(mountPoints)];
        Note(
            Event(FreezeEventKind.Asked, [NewId(), BootId(), asker.Command, asker.Channel ?? "", asker.Peer ?? "", seconds, .. what]),
            KeptByUs());
    }

    /// <summary>What is mounted at the thaw and was not when the freeze began: nobody has frozen it, and a mount writes.</summary>
    /// <param name="record">The freeze.</param>
    /// <param name="mounted">All that is mounted.</param>
    /// <param name="now">Now.</param>
    internal static IEnumerable<FreezeEvent> MountedMeanwhile(FreezeRecord? record, IEnumerable<MountPoint> mounted, Moment now)
    {
        if (record is not { IsComplete: true, Asker: not null, MountPoints: null } || !record.FileSystems.Any(each => each.FrozenAt is not null))
            return [];
        var known = record.FileSystems.Select(each => each.Device).ToHashSet();
        return from each in mounted
               where !each.IsReadOnly && !known.Contains($"{each.Device}")
               select LeftOut(now, each.Path, each, "it was mounted while the guest was frozen", !Unfreezable.Contains(each.Type));
    }

    /// <summary>The guest is about to be thawed, and has this mounted.</summary>
    internal void Compare(IEnumerable<MountPoint> mounted)
    {
        if (MountedMeanwhile(Current, mounted, Now).ToArray() is { Length: > 0 } events)
            Note(events);
    }

    /// <summary>A freeze is taken over that somebody before us has begun.</summary>
    /// <param name="marker">The identity of its marker; null if it has none, or that is not known.</param>
    internal void TakeOver(string? marker)
    {
        if (IsKept)
            return;
        if (_path is not null && FreezeJournal.TryOpen(_path) is { } journal)
        {
            var events = journal.Read();
            if (IsOf(events, marker))
            {
                _journal = journal;
                lock (_gate)
                    _events.AddRange(events);
                foreach (var each in FreezeRecord.Of(events)!.FileSystems.Where(each => each is { FrozenAt: not null, ThawedBy: null }))
                    _frozen[each.Device!] = new MountPoint(each.MountPoint, each.Type!, DeviceNumber.Parse(each.Device) ?? default);
                Note(KeptByUs());
                return;
            }

            using (journal)
                Complete(journal);
        }

        _journal = _path is null ? null : FreezeJournal.TryMake(_path);
        Note(Event(FreezeEventKind.Found, NewId(), BootId()), KeptByUs());
    }

    internal void HookBegan(string action, string reason) => NoteIfKept(() => Event(FreezeEventKind.HookBegan, action, reason));

    /// <param name="failure">Null if it has succeeded.</param>
    internal void HookEnded(string? failure) => NoteIfKept(() => Event(FreezeEventKind.HookEnded, failure is null ? [] : [failure]));

    /// <param name="name">Its mount point, or what was asked for in vain.</param>
    /// <param name="mountPoint">Null if there is none.</param>
    /// <param name="reason">Why it is not frozen.</param>
    /// <param name="isMissed">Whether it was asked for.</param>
    internal void LeaveOut(string name, MountPoint? mountPoint, string reason, bool isMissed) =>
        NoteIfKept(() => LeftOut(Now, name, mountPoint, reason, isMissed));

    /// <summary>These are to be frozen: they are open.</summary>
    internal void Opened(IReadOnlyList<MountPoint> mountPoints)
    {
        if (!IsKept)
            return;
        _journal?.Reserve(mountPoints.Count);
        var now = Now;
        Note([.. mountPoints.Select(each => new FreezeEvent(FreezeEventKind.Opened, now, $"{each.Device}", each.Path, each.Type))]);
    }

    /// <param name="marker">Its identity; null if there could be none.</param>
    internal void Marked(string? marker)
    {
        if (marker is not null)
            NoteIfKept(() => Event(FreezeEventKind.Marked, marker));
    }

    /// <summary>It is frozen by now.</summary>
    internal void Froze(MountPoint mountPoint)
    {
        if (!IsKept)
            return;
        Note(Event(FreezeEventKind.Froze, $"{mountPoint.Device}"));
        _frozen[$"{mountPoint.Device}"] = mountPoint;
    }

    /// <inheritdoc cref="LeaveOut"/>
    internal void NotFrozen(MountPoint mountPoint, string reason, bool isMissed) =>
        NoteIfKept(() => Event(FreezeEventKind.NotFrozen, $"{mountPoint.Device}", reason, isMissed ? FreezeEvent.Missed : ""));

    /// <summary>All that could be frozen is.</summary>
    internal void FreezeComplete() => NoteIfKept(() => Event(FreezeEventKind.Complete));

    /// <summary>The thaw begins; what began it first counts.</summary>
    /// <param name="by">Who ends the freeze.</param>
    /// <param name="peer">Who has asked for it; null if nobody has.</param>
    /// <param name="reason">How the freeze has failed; null if it has not.</param>
    /// <param name="channel">By which channel it was asked for; null if nobody has.</param>
    internal void Ending(FreezeEnder by, string? peer = null, string? reason = null, string? channel = null) =>
        NoteIfKept(() => Event(FreezeEventKind.Ending, $"{by}", peer ?? "", reason ?? "", channel ?? ""));

    /// <param name="mountPoint">It was frozen, and is not any more.</param>
    /// <param name="before">A moment before that.</param>
    internal void Thawed(MountPoint mountPoint, Moment before) => Thawed(mountPoint, before, Thawer);

    /// <summary>It should have been frozen, and was not any more.</summary>
    internal void FoundThawed(MountPoint mountPoint)
    {
        if (_frozen.Remove($"{mountPoint.Device}"))
            Note(Event(FreezeEventKind.FoundThawed, $"{mountPoint.Device}"));
    }

    /// <summary>It does not say whether it was frozen.</summary>
    internal void Unanswered(MountPoint mountPoint, string reason)
    {
        if (_frozen.ContainsKey($"{mountPoint.Device}"))
            Note(Event(FreezeEventKind.Unanswered, $"{mountPoint.Device}", reason));
    }

    /// <summary>The guardian has thawed what it found frozen yet.</summary>
    /// <param name="count">How many that were.</param>
    /// <param name="before">A moment before that.</param>
    internal void ThawedRest(int count, Moment before)
    {
        if (count < _frozen.Count)
            return;
        foreach (var mountPoint in _frozen.Values.ToList())
            Thawed(mountPoint, before, Thawer.Guardian);
    }

    /// <summary>The freeze is over.</summary>
    internal void End()
    {
        if (!IsKept)
            return;
        Note(Event(FreezeEventKind.Ended));
        var record = FreezeRecord.Of(WithThoseOfOthers());
        if (record is not null)
            Completed(record);
        _journal?.Remove();
        _journal?.Dispose();
        _journal = null;
        _isJournalWhole = true;
        _frozen.Clear();
        lock (_gate)
            _events.Clear();
    }

    /// <summary>Whether it may be the journal of the freeze that has this marker, and is not over.</summary>
    private static bool IsOf(List<FreezeEvent> events, string? marker) =>
        FreezeRecord.Of(events) is { IsOver: false }
        && (marker is null || events.FindLast(each => each.Kind == FreezeEventKind.Marked) is not { Values: [var own] } || own == marker);

    private static FreezeEvent LeftOut(Moment at, string name, MountPoint? mountPoint, string reason, bool isMissed) => new(
        FreezeEventKind.LeftOut,
        at,
        [name, mountPoint?.Type ?? "", mountPoint is null ? "" : $"{mountPoint.Device}", reason, isMissed ? FreezeEvent.Missed : ""]);

    /// <summary>A name as it is told: a host may ask for anything.</summary>
    internal static string Cut(string name) => name.Length <= LongestName ? name : $"{name.AsSpan(0, LongestName)}... (cut: {name.Length} in all)";

    private static IEnumerable<string> Bounded(IReadOnlyList<string> names)
    {
        var kept = names.Take(MostAsked).Select(Cut);
        return names.Count > MostAsked ? kept.Append($"... (cut: {names.Count} in all)") : kept;
    }

    private static string NewId() => $"{Guid.CreateVersion7()}";

    private static string BootId() => KernelFile.TryRead("/proc/sys/kernel/random/boot_id") ?? "";

    private FreezeEvent KeptByUs() => Event(FreezeEventKind.KeptBy, $"{Environment.ProcessId}");

    private FreezeEvent Event(FreezeEventKind kind, params string[] values) => new(kind, Now, values);

    private void NoteIfKept(Func<FreezeEvent> make)
    {
        if (IsKept)
            Note(make());
    }

    private void Note(params FreezeEvent[] events)
    {
        lock (_gate)
            _events.AddRange(events);

        // One that has no room any more is no loss as long as we live.
        _isJournalWhole &= _journal?.TryWrite(events) != false;
    }

    private void Thawed(MountPoint mountPoint, Moment before, Thawer by)
    {
        if (!IsKept)
            return;
        _frozen.Remove($"{mountPoint.Device}");
        Note(new FreezeEvent(FreezeEventKind.Thawed, before, $"{mountPoint.Device}", $"{by}", mountPoint.Path, mountPoint.Type));
    }

    /// <summary>Our events, and those that a guardian, or whoever has thawed the guest in our place, has noted in the journal.</summary>
    private IEnumerable<FreezeEvent> WithThoseOfOthers()
    {
        var all = _journal?.Read() ?? [];
        if (all.Count == 0 || (all.Count == _events.Count && _isJournalWhole))
            return _events;
        var ours = _events.Select(LineOf).ToHashSet();
        return _events.Concat(all.Where(each => !ours.Contains(LineOf(each)))).OrderBy(each => each.At.Boot);

        static string LineOf(FreezeEvent each) => Encoding.Latin1.GetString(each.ToLine());
    }

    /// <summary>Nobody goes on with this freeze any more.</summary>
    private void Complete(FreezeJournal journal)
    {
        var events = journal.Read();
        if (FreezeRecord.Of(events) is { } record)
        {
            if (record.End is null)
            {
                var isFrozen = record.FileSystems.Any(each => each is { FrozenAt: not null, ThawedBy: null });
                var by = isFrozen ? FreezeEnder.ForeignThaw : FreezeEnder.Failure;
                events.Add(Event(FreezeEventKind.Ending, $"{by}", "", isFrozen ? "" : Untold));
            }

            if (!record.IsOver)
                events.Add(Event(FreezeEventKind.Ended));
            Completed(FreezeRecord.Of(events)!);
        }

        journal.Remove();
    }
}
