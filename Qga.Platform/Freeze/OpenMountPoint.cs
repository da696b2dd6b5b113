using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>A mount point of Linux that is held open by its descriptor.</summary>
public sealed class OpenMountPoint : IOpenMountPoint
{
    private OpenMountPoint(MountPoint mountPoint, SafeFileHandle descriptor)
    {
        MountPoint = mountPoint;
        Descriptor = descriptor;

        // The files of a btrfs are on other devices than itself.
        IsHidden = mountPoint.Type != "btrfs" && mountPoint.Device != default
            && LibC.Status(descriptor, out var status) == Errno.Success
            && (status.DeviceMajor, status.DeviceMinor) != (mountPoint.Device.Major, mountPoint.Device.Minor);
    }

    public MountPoint MountPoint { get; }

    internal SafeFileHandle Descriptor { get; }

    /// <summary>
    /// Whether another filesystem is mounted over this one, and the path leads to that: it has a turn of its own, or was left
    /// out, so it must not be frozen or thawed in the name of this one.
    /// </summary>
    internal bool IsHidden { get; }

    /// <exception cref="PlatformException">It can't be opened.</exception>
    internal static OpenMountPoint Open(MountPoint mountPoint)
    {
        // A mount point may be any file, and a FIFO would wait for its other end.
        var errno = LibC.Open(
            KernelPath.Encode(mountPoint.Path), LibC.O_RDONLY | LibC.O_NONBLOCK | LibC.O_NOCTTY, 0, out var descriptor);
        return errno == Errno.Success
            ? new OpenMountPoint(mountPoint, descriptor)
            : throw new PlatformException(errno, $"failed to open {mountPoint.Path}");
    }

    public bool TryFreeze() => !IsHidden && LibC.Freeze(Descriptor) switch
    {
        Errno.Success => true,
        Errno.EOPNOTSUPP or Errno.EBUSY => false,       // can't be frozen, or is frozen already
        var errno => throw new PlatformException(errno, $"failed to freeze {MountPoint.Path}"),
    };

    public bool TryThaw()
    {
        if (IsHidden)
            return false;

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
            : throw new PlatformException(errno, "failed to trim");
    }

    public void Dispose() => Descriptor.Dispose();
}
