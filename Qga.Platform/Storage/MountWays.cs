using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>What is mounted on the way to a mount.</summary>
/// <param name="mounts">All that is mounted.</param>
internal sealed class MountWays(IReadOnlyList<MountInfo> mounts)
{
    /// <summary>Types of filesystems that tell what they are from memory: they have neither a server nor a program to ask.</summary>
    private static readonly HashSet<string> Local =
    [
        "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "vfat", "exfat", "ntfs3", "iso9660", "udf", "squashfs", "erofs",
        "tmpfs", "ramfs", "rootfs", "devtmpfs", "proc", "sysfs",
    ];

    private readonly Dictionary<int, MountInfo> _mounts = mounts.DistinctBy(mount => mount.Id).ToDictionary(mount => mount.Id);

    /// <summary>Whether the mount and all those that a path to it leads over are such.</summary>
    public bool AreLocal(MountInfo mount)
    {
        var next = mount;
        for (var steps = 0; next is not null && Local.Contains(next.Type); steps++)
        {
            // A table that was read while it changed could lead round in a circle.
            if (steps > _mounts.Count)
                return false;
            next = _mounts.GetValueOrDefault(next.Parent);
        }

        return next is null;
    }
}
