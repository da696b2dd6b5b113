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

    /// <summary>What freezing it gives, if not success.</summary>
    public Errno FreezeError { get; set; }

    public Errno OpenError { get; set; }

    public Errno TrimError { get; set; }

    /// <summary>Opening it hangs until this is set; null if it doesn't.</summary>
    public ManualResetEventSlim? OpenGate { get; set; }

    public ManualResetEventSlim? FreezeGate { get; set; }

    public ManualResetEventSlim? ThawGate { get; set; }

    public Func<long>? Progress { get; set; }

    /// <summary>Frozen by another program, once more.</summary>
    public void FreezeFromOutside() => Interlocked.Increment(ref _frozen);

    public IOpenMountPoint Open()
    {
        OpenGate?.Wait();
        return OpenError == Errno.Success ? new Handle(this) : throw new SystemCallException(OpenError, $"failed to open {mountPoint.Path}");
    }

    public bool TryThaw()
    {
        ThawGate?.Wait();
        if (Interlocked.Exchange(ref _frozen, 0) == 0)
            return false;
        guest.Note($"thaw {mountPoint.Path}");
        return true;
    }

    private bool TryFreeze()
    {
        FreezeGate?.Wait();
        if (FreezeError != Errno.Success)
            throw new SystemCallException(FreezeError, $"failed to freeze {mountPoint.Path}");
        if (Interlocked.CompareExchange(ref _frozen, 1, 0) != 0)
            return false;
        guest.Note($"freeze {mountPoint.Path}");
        return true;
    }

    private TrimResult Trim(ulong minimum) => TrimError == Errno.Success
        ? new TrimResult(4096, minimum)
        : throw new SystemCallException(TrimError, "failed to trim");

    private sealed class Handle(FakeFileSystem fileSystem) : IOpenMountPoint
    {
        public MountPoint MountPoint => fileSystem.MountPoint;

        public bool TryFreeze() => fileSystem.TryFreeze();

        public bool TryThaw() => fileSystem.TryThaw();

        public TrimResult Trim(ulong minimum) => fileSystem.Trim(minimum);

        public void Dispose() => Interlocked.Increment(ref fileSystem._closed);
    }
}
