using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Storage;

/// <summary>Opens a filesystem by whichever of the places that it is mounted at leads to it.</summary>
internal static class MountPlaces
{
    /// <param name="mountPoint">The filesystem.</param>
    /// <param name="flags">Those of open(2). A mount point may be any file, and a FIFO would wait for its other end.</param>
    /// <exception cref="UnreachableMountPointException">No path leads to it.</exception>
    /// <exception cref="PlatformException">A path that may lead to it can't be opened.</exception>
    public static SafeFileHandle Open(MountPoint mountPoint, int flags)
    {
        var reason = "another filesystem is mounted over it";
        PlatformException? failure = null;
        foreach (var place in mountPoint.Places)
        {
            if (place.IsHidden)
                continue;
            var errno = LibC.Open(place.Path, flags, out var file);
            if (errno == Errno.Success && IsOn(mountPoint, file))
                return file;

            file.Dispose();
            if (errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.ENAMETOOLONG)
                reason = LibC.TextOf(errno);
            else if (errno != Errno.Success)
                failure ??= new SystemCallException(errno, $"failed to open {place.Path}");
        }

        throw failure ?? new UnreachableMountPointException(mountPoint, reason);
    }

    /// <summary>
    /// Whether the file is on that filesystem. It is on another one if something was mounted in its way since the table was read.
    /// The files of a btrfs have other devices than itself, so its mounts tell; before Linux 5.8 nobody knows a file's mount.
    /// </summary>
    private static bool IsOn(MountPoint mountPoint, SafeFileHandle file)
    {
        if (LibC.Status(file, out var status) != Errno.Success || mountPoint.Device == default)
            return true;
        if (mountPoint.Type != "btrfs")
            return (status.DeviceMajor, status.DeviceMinor) == (mountPoint.Device.Major, mountPoint.Device.Minor);
        return !status.HasMountId || mountPoint.Places.Any(place => place.Mount is null || (ulong)place.Mount == status.MountId);
    }
}
