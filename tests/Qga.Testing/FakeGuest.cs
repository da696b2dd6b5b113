using System.Collections.Concurrent;
using Qga.Platform;
using Qga.Platform.Audit;
using Qga.Platform.Freeze;
using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Logging;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Testing;

/// <summary>Filesystems, hook, guardian and log of a guest that notes all that is done to it, in order.</summary>
public sealed class FakeGuest : IMountedFileSystems, IFreezeGuardians, IFreezeHook, IOwnFiles, IEventLog, IAuditLog
{
    private readonly ConcurrentQueue<string> _events = new();
    private int _heldUp;

    /// <summary>Whether it notes too what its steps alone know: what is opened and closed, and the guardian's marker.</summary>
    public bool NotesDetails { get; init; }

    /// <summary>Gets each note when it is made.</summary>
    public Action<string>? Noted { get; set; }

    /// <summary>How many calls wait at a gate now.</summary>
    public int HeldUp => Volatile.Read(ref _heldUp);

    /// <summary>Mounted, in the order of mounting.</summary>
    public List<FakeFileSystem> Mounted { get; } = [];

    public IReadOnlyList<string> Events => [.. _events];

    public List<(LogLevel Level, string Text)> Lines { get; } = [];

    public ConcurrentQueue<string> Audited { get; } = new();

    public FreezeException? Unsafe { get; set; }

    public FreezeHookException? HookFailure { get; set; }

    public FreezeHookException? ThawHookFailure { get; set; }

    /// <summary>The hook hangs until this is set; null if it doesn't.</summary>
    public ManualResetEventSlim? HookGate { get; set; }

    public bool LogIsStuck { get; set; }

    /// <summary>The log's release hangs until this is set.</summary>
    public ManualResetEventSlim? ReleaseGate { get; set; }

    public PlatformException? GuardianFailure { get; set; }

    /// <summary>A guardian's start hangs until this is set.</summary>
    public ManualResetEventSlim? GuardianGate { get; set; }

    /// <summary>What becomes of the guardians that are started.</summary>
    public Action<FakeGuardian>? Starting { get; set; }

    /// <summary>What becomes of the guardian of a late freeze; it may throw.</summary>
    public Action? StartingLate { get; set; }

    /// <summary>What is said of the guardians that could not be reached.</summary>
    public IReadOnlyList<string> OtherGuardians { get; set; } = [];

    public PlatformException? ListFailure { get; set; }

    /// <summary>The list of mount points hangs until this is set.</summary>
    public ManualResetEventSlim? ListGate { get; set; }

    public List<FakeGuardian> Guardians { get; } = [];

    public FakeFileSystem Mount(string path, string type = "ext4", bool isLocal = false)
    {
        var fileSystem = new FakeFileSystem(this, new MountPoint(path, type, new DeviceNumber(8, (uint)Mounted.Count)) { IsLocal = isLocal });
        Mounted.Add(fileSystem);
        return fileSystem;
    }

    public void Note(string text)
    {
        _events.Enqueue(text);
        Noted?.Invoke(text);
    }

    internal void NoteDetail(string text)
    {
        if (NotesDetails)
            Note(text);
    }

    internal void Pass(ManualResetEventSlim? gate)
    {
        if (gate is null)
            return;
        Interlocked.Increment(ref _heldUp);
        gate.Wait();
        Interlocked.Decrement(ref _heldUp);
    }

    /// <summary>What was noted since the last time.</summary>
    public IReadOnlyList<string> TakeEvents()
    {
        var events = Events;
        _events.Clear();
        return events;
    }

    /// <summary>
    /// What was noted since the last time, up to the last such note, which is waited for: whoever asked for a freeze or a thaw is
    /// answered before the agent notes that it is over.
    /// </summary>
    public IReadOnlyList<string> TakeEvents(string upTo)
    {
        Eventually.True(() => Events is [.., var last] && last == upTo);
        return TakeEvents();
    }

    public IReadOnlyList<MountPoint> MountPoints()
    {
        Pass(ListGate);
        return ListFailure is null ? [.. Mounted.Select(fileSystem => fileSystem.MountPoint)] : throw ListFailure;
    }

    public IReadOnlyList<MountPoint> FreezeOrder(IReadOnlyList<MountPoint> mountPoints) =>
        Unsafe is null ? [.. mountPoints.Reverse()] : throw Unsafe;

    public IOpenMountPoint Open(MountPoint mountPoint) => Mounted.First(mounted => mounted.MountPoint == mountPoint).Open();

    public long? WriteProgress(MountPoint mountPoint) => Mounted.First(mounted => mounted.MountPoint == mountPoint).Progress?.Invoke();

    public IFreezeGuardian Start(IReadOnlyList<IOpenMountPoint> mountPoints, bool isFrozen, FreezeJournal? journal = null)
    {
        Pass(GuardianGate);
        if (GuardianFailure is not null)
            throw GuardianFailure;
        var guardian = new FakeGuardian(this) { StartedFrozen = isFrozen };
        Starting?.Invoke(guardian);
        Guardians.Add(guardian);
        Note($"guardian of {string.Join(" ", mountPoints.Select(open => open.MountPoint.Path))}");
        return guardian;
    }

    public IReadOnlyList<string> EndOthers(IFreezeGuardian? ours) => OtherGuardians;

    public IFreezeGuardian StartForLateFreeze(IOpenMountPoint mountPoint)
    {
        StartingLate?.Invoke();
        Note($"guardian of late {mountPoint.MountPoint.Path}");
        return new FakeGuardian(this) { Name = "late guardian" };
    }

    public void Run(FreezeHookAction action, FreezeHookReason reason)
    {
        Note($"hook {action} {reason}");
        Pass(HookGate);
        if (HookFailure is not null && action == FreezeHookAction.Freeze)
            throw HookFailure;
        if (ThawHookFailure is not null && action == FreezeHookAction.Thaw)
            throw ThawHookFailure;
    }

    public bool Hold(TimeSpan limit)
    {
        Note("hold log");
        return !LogIsStuck;
    }

    public void Release()
    {
        Pass(ReleaseGate);
        Note("release log");
    }

    public void Write(LogLevel level, string text)
    {
        lock (Lines)
            Lines.Add((level, text));
    }

    public void Record(string text) => Audited.Enqueue(text);
}
