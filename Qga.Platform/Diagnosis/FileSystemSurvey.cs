using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Storage;

namespace Qga.Platform.Diagnosis;

/// <summary>A mounted filesystem on a block device, as far as a freeze is concerned.</summary>
/// <param name="MountPoint">Where it is.</param>
/// <param name="CanFreeze">Whether the kernel's driver for it can freeze it.</param>
public sealed record SurveyedFileSystem(MountPoint MountPoint, bool CanFreeze);

/// <summary>What a freeze would find, without freezing anything.</summary>
public static class FileSystemSurvey
{
    /// <summary>
    /// Types whose drivers have the operation that FIFREEZE calls (ioctl_fs(2) refuses all others with EOPNOTSUPP). The kernel can't be
    /// asked without freezing, so this is a list; one that it lacks is reported although it could be frozen.
    /// </summary>
    private static readonly HashSet<string> Freezable =
        ["bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "gfs2", "jfs", "nilfs2", "reiserfs", "xfs", "zfs"];

    public static IReadOnlyList<SurveyedFileSystem> FileSystems() =>
        [.. MountList.Of(Mounts(), BlockDevices.Find).Select(mountPoint => new SurveyedFileSystem(mountPoint, Freezable.Contains(mountPoint.Type)))];

    /// <summary>The filesystem on a block device that a path is on; null if it is on another kind, as a tmpfs.</summary>
    public static SurveyedFileSystem? FileSystemOf(string path)
    {
        if (RealPathOf(path) is not { } real)
            return null;
        var mounts = Mounts();

        var covers = new MountCovers(mounts);
        var mount = mounts.Where(mount => IsUnder(real, mount.MountPoint) && !covers.Hide(mount)).MaxBy(mount => mount.MountPoint.Length);
        return mount is not null && MountList.DeviceOf(mount, BlockDevices.Find) is { } device
            ? new SurveyedFileSystem(new MountPoint(mount.MountPoint, mount.Type, device), Freezable.Contains(mount.Type))
            : null;
    }

    private static IReadOnlyList<MountInfo> Mounts()
    {
        SystemCallException.ThrowIfFailed(KernelFile.Read("/proc/self/mountinfo", out var content), "failed to list the mount points");
        return MountInfo.Parse(content);
    }

    private static bool IsUnder(string path, string mountPoint) =>
        mountPoint == "/" || path == mountPoint || path.StartsWith(mountPoint + "/", StringComparison.Ordinal);

    internal static string? RealPathOf(string path)
    {
        var errno = LibC.Open(path, LibC.O_PATH, out var file);
        using (file)
        {
            return errno == Errno.Success && LibC.ReadLink($"/proc/self/fd/{file.DangerousGetHandle()}", out var real) == Errno.Success
                ? real
                : null;
        }
    }
}
