using System.Collections.Concurrent;
using Qga.Platform;
using Qga.Platform.Freeze;
using Qga.Platform.Logging;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Testing;

/// <summary>Filesystems, hook, guardian and log of a guest that notes all that is done to it, in order.</summary>
public sealed class FakeGuest : IMountedFileSystems, IFreezeGuardians, IFreezeHook, IOwnFiles, IEventLog, IAuditLog
{
    private readonly ConcurrentQueue<string> _events = new();

    /// <summary>Mounted, in the order of mounting.</summary>
    public List<FakeFileSystem> Mounted { get; } = [];

    public IReadOnlyList<string> Events => [.. _events];

    public List<(LogLevel Level, string Text)> Lines { get; } = [];

    public FreezeException? Unsafe { get; set; }

    public FreezeHookException? HookFailure { get; set; }

    public FreezeHookException? ThawHookFailure { get; set; }

    public bool LogIsStuck { get; set; }

    public PlatformException? GuardianFailure { get; set; }

    public PlatformException? ListFailure { get; set; }

    public List<FakeGuardian> Guardians { get; } = [];

    public FakeFileSystem Mount(string path, string type = "ext4")
    {
        var fileSystem = new FakeFileSystem(this, new MountPoint(path, type, new DeviceNumber(8, (uint)Mounted.Count)));
        Mounted.Add(fileSystem);
        return fileSystem;
    }

    public void Note(string text) => _events.Enqueue(text);

    /// <summary>
    /// What was noted since the last time, up to the last such note, which is waited for: whoever asked for a freeze or a thaw is
    /// answered before the agent notes that it is over.
    /// </summary>
    public IReadOnlyList<string> TakeEvents(string upTo)
    {
        Eventually.True(() => Events is [.., var last] && last == upTo);
        var events = Events;
        _events.Clear();
        return events;
    }

    public IReadOnlyList<MountPoint> MountPoints() =>
        ListFailure is null ? [.. Mounted.Select(fileSystem => fileSystem.MountPoint)] : throw ListFailure;

    public IReadOnlyList<MountPoint> FreezeOrder(IReadOnlyList<MountPoint> mountPoints) =>
        Unsafe is null ? [.. mountPoints.Reverse()] : throw Unsafe;

    public IOpenMountPoint Open(MountPoint mountPoint) => Mounted.First(mounted => mounted.MountPoint == mountPoint).Open();

    public long? WriteProgress(MountPoint mountPoint) => Mounted.First(mounted => mounted.MountPoint == mountPoint).Progress?.Invoke();

    public IFreezeGuardian Start(IReadOnlyList<IOpenMountPoint> mountPoints, bool isFrozen)
    {
        if (GuardianFailure is not null)
            throw GuardianFailure;
        var guardian = new FakeGuardian(this);
        Guardians.Add(guardian);
        Note($"guardian of {string.Join(" ", mountPoints.Select(open => open.MountPoint.Path))}");
        return guardian;
    }

    public IReadOnlyList<string> EndOthers(IFreezeGuardian? ours) => [];

    public IFreezeGuardian StartForLateFreeze(IOpenMountPoint mountPoint)
    {
        Note($"guardian of late {mountPoint.MountPoint.Path}");
        return new FakeGuardian(this) { Name = "late guardian" };
    }

    public void Run(FreezeHookAction action, FreezeHookReason reason)
    {
        Note($"hook {action} {reason}");
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

    public void Release() => Note("release log");

    public void Write(LogLevel level, string text)
    {
        lock (Lines)
            Lines.Add((level, text));
    }

    public void Record(string text)
    {
    }
}
