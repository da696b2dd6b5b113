using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>A mount point of Linux that is held open by its descriptor.</summary>
public sealed class OpenMountPoint : IOpenMountPoint
{
    private OpenMountPoint(MountPoint mountPoint, SafeFileHandle descriptor) => (MountPoint, Descriptor) = (mountPoint, descriptor);

    public MountPoint MountPoint { get; }

    internal SafeFileHandle Descriptor { get; }

    /// <exception cref="UnreachableMountPointException">No path leads to it.</exception>
    /// <exception cref="PlatformException">It can't be opened.</exception>
    internal static OpenMountPoint Open(MountPoint mountPoint) =>
        new(mountPoint, MountPlaces.Open(mountPoint, LibC.O_RDONLY | LibC.O_NONBLOCK | LibC.O_NOCTTY));

    public FreezeResult TryFreeze() => LibC.Freeze(Descriptor) switch
    {
        Errno.Success => FreezeResult.Frozen,
        Errno.EOPNOTSUPP => FreezeResult.Unsupported,
        Errno.EBUSY => FreezeResult.FrozenAlready,
        var errno => throw new SystemCallException(errno, $"failed to freeze {MountPoint.Path}"),
    };

    public bool TryThaw()
    {
        var wasFrozen = false;
        while (LibC.Thaw(Descriptor) == Errno.Success)
            wasFrozen = true;
        return wasFrozen;
    }

    public TrimResult Trim(ulong minimum)
    {
        var range = new LibC.TrimRange { Length = ulong.MaxValue, MinimumLength = minimum };
        var errno = LibC.Trim(Descriptor, ref range);
        return errno == Errno.Success
            ? new TrimResult(range.Length, range.MinimumLength)
            : throw new SystemCallException(errno, "failed to trim");
    }

    public void Dispose() => Descriptor.Dispose();
}
