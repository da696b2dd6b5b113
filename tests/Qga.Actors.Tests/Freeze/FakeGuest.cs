using System.Collections.Concurrent;
using Qga.Platform;
using Qga.Platform.Freeze;
using Qga.Platform.Logging;
using Qga.Platform.Native;
using Qga.Platform.State;
using Qga.Platform.Storage;
using Qga.Testing;

namespace Qga.Actors.Tests.Freeze;

/// <summary>Filesystems, hook, guardian and log of a guest that notes all that is done to it, in order.</summary>
internal sealed class FakeGuest : IMountedFileSystems, IFreezeGuardians, IFreezeHook, IOwnFiles, IEventLog, IAuditLog
{
    private readonly ConcurrentQueue<string> _events = new();

    /// <summary>Mounted, in the order of mounting.</summary>
    internal List<FakeFileSystem> Mounted { get; } = [];

    internal IReadOnlyList<string> Events => [.. _events];

    internal List<(LogLevel Level, string Text)> Lines { get; } = [];

    internal FreezeException? Unsafe { get; set; }

    internal FreezeHookException? HookFailure { get; set; }

    internal bool LogIsStuck { get; set; }

    internal PlatformException? GuardianFailure { get; set; }

    internal PlatformException? ListFailure { get; set; }

    internal List<FakeGuardian> Guardians { get; } = [];

    internal FakeFileSystem Mount(string path, string type = "ext4")
    {
        var fileSystem = new FakeFileSystem(this, new MountPoint(path, type, new DeviceNumber(8, (uint)Mounted.Count)));
        Mounted.Add(fileSystem);
        return fileSystem;
    }

    internal void Note(string text) => _events.Enqueue(text);

    /// <summary>
    /// What was noted since the last time, up to the last such note, which is waited for: whoever asked for a freeze or a thaw is
    /// answered before the agent notes that it is over.
    /// </summary>
    internal IReadOnlyList<string> TakeEvents(string upTo)
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

    public IOpenMountPoint Open(MountPoint mountPoint)
    {
        var fileSystem = Mounted.First(mounted => mounted.MountPoint == mountPoint);
        fileSystem.OpenGate?.Wait();
        return fileSystem.OpenError == Errno.Success
            ? new FakeOpen(fileSystem)
            : throw new SystemCallException(fileSystem.OpenError, $"failed to open {mountPoint.Path}");
    }

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

    private sealed class FakeOpen(FakeFileSystem fileSystem) : IOpenMountPoint
    {
        public MountPoint MountPoint => fileSystem.MountPoint;

        public bool TryFreeze() => fileSystem.TryFreeze();

        public bool TryThaw() => fileSystem.TryThaw();

        public TrimResult Trim(ulong minimum) => fileSystem.Trim(minimum);

        public void Dispose() => Interlocked.Increment(ref fileSystem.Closed);
    }
}

/// <summary>A filesystem that counts how often it is frozen, and may refuse, fail or hang.</summary>
internal sealed class FakeFileSystem(FakeGuest guest, MountPoint mountPoint)
{
    internal int Closed;
    private int _frozen;

    internal MountPoint MountPoint => mountPoint;

    internal bool IsFrozen => Volatile.Read(ref _frozen) > 0;

    /// <summary>What freezing it gives, if not success.</summary>
    internal Errno FreezeError { get; set; }

    internal Errno OpenError { get; set; }

    internal Errno TrimError { get; set; }

    /// <summary>Opening it hangs until this is set; null if it doesn't.</summary>
    internal ManualResetEventSlim? OpenGate { get; set; }

    internal ManualResetEventSlim? FreezeGate { get; set; }

    internal ManualResetEventSlim? ThawGate { get; set; }

    internal Func<long>? Progress { get; set; }

    /// <summary>Frozen by another program, once more.</summary>
    internal void FreezeFromOutside() => Interlocked.Increment(ref _frozen);

    internal bool TryFreeze()
    {
        FreezeGate?.Wait();
        if (FreezeError != Errno.Success)
            throw new SystemCallException(FreezeError, $"failed to freeze {mountPoint.Path}");
        if (Interlocked.CompareExchange(ref _frozen, 1, 0) != 0)
            return false;
        guest.Note($"freeze {mountPoint.Path}");
        return true;
    }

    internal bool TryThaw()
    {
        ThawGate?.Wait();
        if (Interlocked.Exchange(ref _frozen, 0) == 0)
            return false;
        guest.Note($"thaw {mountPoint.Path}");
        return true;
    }

    internal TrimResult Trim(ulong minimum) => TrimError == Errno.Success
        ? new TrimResult(4096, minimum)
        : throw new SystemCallException(TrimError, "failed to trim");
}

/// <summary>A guardian in name only.</summary>
internal sealed class FakeGuardian(FakeGuest guest) : IFreezeGuardian
{
    private readonly TaskCompletionSource<int?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal string Name { get; init; } = "guardian";

    public TimeSpan? Remaining { get; set; }

    public Task<int?> Ended => _ended.Task;

    public IReadOnlyList<string> Warnings => [];

    public void Arm(TimeSpan? timeout)
    {
        Remaining = timeout;
        guest.Note($"arm {timeout?.TotalSeconds.ToString() ?? "never"}");
    }

    /// <summary>What it does with a filesystem that is to be thawed; null for nothing.</summary>
    internal Func<MountPoint, bool?>? Thawing { get; set; }

    public bool? TryThaw(MountPoint mountPoint) => Thawing?.Invoke(mountPoint);

    public void Mark(FrozenMarker marker)
    {
    }

    public void EndFreezing()
    {
    }

    public void Disarm(TimeSpan patience) => guest.Note("disarm");

    public int? Dismiss(TimeSpan patience)
    {
        guest.Note("dismiss");
        return 0;
    }

    public void Dispose() => guest.Note($"leave {Name}");

    /// <param name="thawed">How many filesystems it has thawed; null if it was killed.</param>
    internal void Die(int? thawed = null) => _ended.SetResult(thawed);
}
