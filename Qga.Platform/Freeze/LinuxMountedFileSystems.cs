using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>The filesystems of a Linux guest, by what /proc and /sys tell of them.</summary>
public sealed class LinuxMountedFileSystems : IMountedFileSystems
{
    private readonly string _process;
    private readonly BlockDevices _devices;

    public LinuxMountedFileSystems()
        : this("/proc/self", new BlockDevices("/sys", "/dev"))
    {
    }

    /// <param name="process">The directory of this process in /proc.</param>
    /// <param name="devices">The block devices.</param>
    internal LinuxMountedFileSystems(string process, BlockDevices devices)
    {
        _process = process;
        _devices = devices;
    }

    public IReadOnlyList<MountPoint> MountPoints()
    {
        if (Read("mountinfo") is { } mounts)
            return MountList.Of(MountInfo.Parse(mounts), BlockDevices.Find);

        var table = Read("mounts") ?? throw new PlatformException("failed to open mtab file: '/proc/self/mounts'");
        return MountList.Of(MountTableEntry.Parse(table), BlockDevices.Find, IsDirectory);
    }

    public IReadOnlyList<MountPoint> FreezeOrder(IReadOnlyList<MountPoint> mountPoints)
    {
        var graph = new DeviceGraph(MountInfo.Parse(Read("mountinfo")), _devices, BlockDevices.Find);
        var byDevice = mountPoints.DistinctBy(mountPoint => mountPoint.Device).ToDictionary(mountPoint => mountPoint.Device);
        return Freeze.FreezeOrder.Of(mountPoints, mountPoint => graph.HoldersOf(mountPoint, byDevice));
    }

    public IOpenMountPoint Open(MountPoint mountPoint) => OpenMountPoint.Open(mountPoint);

    public long? WriteProgress(MountPoint mountPoint)
    {
        IReadOnlyList<DeviceNumber> all = [mountPoint.Device];
        if (mountPoint.Type == "btrfs")
            all = _devices.BtrfsFileSystems().FirstOrDefault(members => members.Contains(mountPoint.Device)) ?? all;
        return all.Select(_devices.WritesOf).Aggregate((sum, writes) => sum + writes);
    }

    private static bool IsDirectory(string path) =>
        LibC.Status(path, out var status) == Errno.Success && status.IsDirectory;

    /// <summary>Null if the file can't be read.</summary>
    private byte[]? Read(string name) =>
        KernelFile.Read($"{_process}/{name}", out var content) == Errno.Success ? content : null;
}
