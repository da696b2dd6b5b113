using Qga.Platform;
using Qga.Platform.Freeze;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Testing;

/// <summary>A filesystem that counts how often it is frozen, and may refuse, fail or hang.</summary>
public sealed class FakeFileSystem(FakeGuest guest, MountPoint mountPoint)
{
    private int _frozen;
    private int _closed;

    public MountPoint MountPoint => mountPoint;

    /// <summary>How often it was opened and let go again.</summary>
    public int Closed => Volatile.Read(ref _closed);

    public bool IsFrozen => Volatile.Read(ref _frozen) > 0;

    public bool CanBeFrozen { get; set; } = true;

    /// <summary>What freezing it gives, if not success.</summary>
    public Errno FreezeError { get; set; }

    public Errno OpenError { get; set; }

    /// <summary>Why no path leads to it; null if one does.</summary>
    public string? Unreachable { get; set; }

    public Errno TrimError { get; set; }

    /// <summary>Opening it hangs until this is set; null if it doesn't.</summary>
    public ManualResetEventSlim? OpenGate { get; set; }

    public ManualResetEventSlim? FreezeGate { get; set; }

    public ManualResetEventSlim? ThawGate { get; set; }

    /// <summary>Happens while it is being frozen.</summary>
    public Action? Freezing { get; set; }

    public Func<long>? Progress { get; set; }

    /// <summary>Frozen by another program, once more.</summary>
    public void FreezeFromOutside() => Interlocked.Increment(ref _frozen);

    public IOpenMountPoint Open()
    {
        guest.Pass(OpenGate);
        if (Unreachable is not null)
            throw new UnreachableMountPointException(mountPoint, Unreachable);
        if (OpenError != Errno.Success)
            throw new SystemCallException(OpenError, $"failed to open {mountPoint.Path}");
        guest.NoteDetail($"open {mountPoint.Path}");
        return new Handle(this);
    }

    public bool TryThaw()
    {
        guest.Pass(ThawGate);
        if (Interlocked.Exchange(ref _frozen, 0) == 0)
            return false;
        guest.Note($"thaw {mountPoint.Path}");
        return true;
    }

    private FreezeResult TryFreeze()
    {
        guest.Pass(FreezeGate);
        Freezing?.Invoke();
        if (FreezeError != Errno.Success)
            throw new SystemCallException(FreezeError, $"failed to freeze {mountPoint.Path}");
        if (!CanBeFrozen)
            return FreezeResult.Unsupported;
        if (Interlocked.CompareExchange(ref _frozen, 1, 0) != 0)
            return FreezeResult.FrozenAlready;
        guest.Note($"freeze {mountPoint.Path}");
        return FreezeResult.Frozen;
    }

    private void Close()
    {
        guest.NoteDetail($"close {mountPoint.Path}");
        Interlocked.Increment(ref _closed);
    }

    private TrimResult Trim(ulong minimum) => TrimError == Errno.Success
        ? new TrimResult(4096, minimum)
        : throw new SystemCallException(TrimError, "failed to trim");

    private sealed class Handle(FakeFileSystem fileSystem) : IOpenMountPoint
    {
        public MountPoint MountPoint => fileSystem.MountPoint;

        public FreezeResult TryFreeze() => fileSystem.TryFreeze();

        public bool TryThaw() => fileSystem.TryThaw();

        public TrimResult Trim(ulong minimum) => fileSystem.Trim(minimum);

        public void Dispose() => fileSystem.Close();
    }
}
