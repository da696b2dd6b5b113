using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>Which mounts are filesystems on block devices, by qemu-ga's rules: a device goes by its first mount.</summary>
internal static class MountList
{
    /// <summary>Types of filesystems that tell what they are from memory: they have neither a server nor a program to ask.</summary>
    private static readonly HashSet<string> Local =
    [
        "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "vfat", "exfat", "ntfs3", "iso9660", "udf", "squashfs", "erofs",
        "tmpfs", "ramfs", "rootfs", "devtmpfs", "proc", "sysfs",
    ];

    /// <summary>Those of /proc/self/mountinfo.</summary>
    /// <param name="mounts">In the kernel's order.</param>
    /// <param name="blockDevice">The number of the block device of that name; null if it is none.</param>
    public static IReadOnlyList<MountPoint> Of(IReadOnlyList<MountInfo> mounts, Func<string, DeviceNumber?> blockDevice)
    {
        var covers = new MountCovers(mounts);
        var others = new MountWays(mounts, mount => !Local.Contains(mount.Type));
        return
        [
            .. from mount in mounts
               let device = DeviceOf(mount, blockDevice)
               where device is not null
               group mount by device.Value into mountsOfDevice
               let first = mountsOfDevice.First()
               select new MountPoint(first.MountPoint, first.Type, mountsOfDevice.Key)
               {
                   Source = first.Source,
                   IsReadOnly = first.IsReadOnly,
                   IsLocal = !mountsOfDevice.Any(others.Any),
                   Places = [.. mountsOfDevice.Select(mount => new MountPlace(mount.MountPoint, mount.Id, covers.Hide(mount)))],
               }
        ];
    }

    /// <summary>Those of /proc/self/mounts, which has no numbers: all that is on no block device counts as one device.</summary>
    public static IReadOnlyList<MountPoint> Of(
        IEnumerable<MountTableEntry> mounts, Func<string, DeviceNumber?> blockDevice, Func<string, bool> isDirectory) =>
    [
        .. from mount in mounts
           where mount.Source.StartsWith('/') && mount.Type is not ("smbfs" or "cifs") && !isDirectory(mount.Source)
           group mount by blockDevice(mount.Source) ?? default into mountsOfDevice
           let first = mountsOfDevice.First()
           select new MountPoint(first.MountPoint, first.Type, mountsOfDevice.Key) { Source = first.Source }
    ];

    /// <summary>The block device of a mount; null if it has none. A btrfs may have several, and goes by the one it names.</summary>
    public static DeviceNumber? DeviceOf(MountInfo mount, Func<string, DeviceNumber?> blockDevice) =>
        mount.Device.Major != 0 ? mount.Device :
        mount.Type == "btrfs" ? blockDevice(mount.Source) :
        null;
}
