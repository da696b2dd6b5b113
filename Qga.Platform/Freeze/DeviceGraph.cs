using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>What the devices of filesystems stand on, down to the files of other filesystems.</summary>
/// <param name="mounts">All that is mounted, in the kernel's order.</param>
/// <param name="devices">The block devices.</param>
/// <param name="find">The number of the block device of that name; null if it is none.</param>
internal sealed class DeviceGraph(IEnumerable<MountInfo> mounts, BlockDevices devices, Func<string, DeviceNumber?> find)
{
    // The kernel allows two overlays on one another; a path that misleads could lead round in a circle.
    private const int MaxOverlays = 4;

    private readonly Dictionary<DeviceNumber, List<DeviceNumber>> _below = [];

    // Of the mounts at one place the last one is seen.
    private readonly Dictionary<string, MountInfo> _mounts = mounts
        .GroupBy(mount => mount.MountPoint)
        .ToDictionary(stack => stack.Key, stack => stack.Last());

    private readonly Dictionary<DeviceNumber, IReadOnlyList<DeviceNumber>> _btrfsMembers = devices.BtrfsFileSystems()
        .SelectMany(members => members.Select(member => (member, members)))
        .DistinctBy(pair => pair.member)
        .ToDictionary(pair => pair.member, pair => pair.members);

    /// <summary>
    /// Those of the mount points that hold the device of the first one, through whatever is in between, but not through another
    /// of them.
    /// </summary>
    /// <exception cref="FreezeException">A device on the way is suspended.</exception>
    public IReadOnlyList<MountPoint> HoldersOf(MountPoint mountPoint, IReadOnlyDictionary<DeviceNumber, MountPoint> mountPoints)
    {
        var holders = new List<MountPoint>();
        var seen = new HashSet<DeviceNumber> { mountPoint.Device };
        var left = new Stack<DeviceNumber>(seen);
        while (left.TryPop(out var device))
        {
            if (devices.IsSuspended(device))
                throw new FreezeException($"failed to freeze {mountPoint.Path}: device {devices.NameOf(device)} is suspended");

            // A filesystem that seems to hold its own device is not the one that does: a path misleads.
            foreach (var below in Below(device).Where(seen.Add))
            {
                if (mountPoints.TryGetValue(below, out var holder))
                    holders.Add(holder);
                else
                    left.Push(below);
            }
        }

        return holders;
    }

    private List<DeviceNumber> Below(DeviceNumber device)
    {
        if (!_below.TryGetValue(device, out var below))
        {
            below = [.. _btrfsMembers.GetValueOrDefault(device) ?? [], .. devices.PartsOf(device)];
            if (devices.BackingFileOf(device) is { } file && BackingOf(device, file) is { } backing)
                below.Add(backing);
            _below.Add(device, below);
        }

        return below;
    }

    /// <summary>What a loop device stands on: the device of the filesystem that its file is on, or that its file is.</summary>
    private DeviceNumber? BackingOf(DeviceNumber loop, string file)
    {
        const string Deleted = " (deleted)";
        var path = file.EndsWith(Deleted, StringComparison.Ordinal) ? file[..^Deleted.Length] : file;
        var mount = MountOf(path);
        if (mount is not null && MayNeverAnswer(mount.Type))
            return DeviceOf(mount);

        // The file may be looked at only where that can't hang: a node below /dev is on a devtmpfs, which has no disk. The path of a file
        // on a disk may lead through a filesystem that never answers.
        if (mount is not { Device.Major: not 0 } && find(path) is { } device)
            return device;

        if (devices.LoopFileOf(loop) is { } identity)
        {
            if (identity.FileSystem.Major != 0)
                return identity.FileSystem;

            // The path is as old as the loop device: what was mounted there may be mounted elsewhere now.
            if (FileIdentity.Of(path) != identity)
                mount = MountWithFilesOn(identity.FileSystem) ?? mount;
        }

        return mount is null ? null : DeviceOf(mount);
    }

    /// <summary>The mount whose files are on a device of major 0, if it can have such.</summary>
    private MountInfo? MountWithFilesOn(DeviceNumber device) => _mounts.Values.FirstOrDefault(
        mount => mount.Type is "btrfs" or "overlay" && FileIdentity.Of(mount.MountPoint)?.FileSystem == device);

    private DeviceNumber? DeviceOf(MountInfo mount, int overlays = 0)
    {
        if (mount.Type != "overlay")
            return MountList.DeviceOf(mount, find);

        return overlays < MaxOverlays && mount.SuperOption("upperdir") is { } upper && MountOf(upper) is { } below
            ? DeviceOf(below, overlays + 1)
            : null;
    }

    /// <summary>The mount that a path leads into; null if it is no absolute path.</summary>
    private MountInfo? MountOf(string path)
    {
        for (var place = path; place.StartsWith('/'); place = place[..Math.Max(place.LastIndexOf('/'), 1)])
        {
            if (_mounts.TryGetValue(place, out var mount))
                return mount;
            if (place == "/")
                break;
        }

        return null;
    }

    /// <summary>Whether a process or a server stands for files of the type, so that only their path may be asked for.</summary>
    private static bool MayNeverAnswer(string type) =>
        type.StartsWith("fuse", StringComparison.Ordinal) || type.StartsWith("nfs", StringComparison.Ordinal)
        || type is "virtiofs" or "9p" or "ceph" or "cifs" or "smb3" or "afs";
}
