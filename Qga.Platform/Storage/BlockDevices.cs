using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>What the kernel tells in /sys about block devices and what they stand on. What can't be read is not there.</summary>
/// <param name="sysfs">Where sysfs is mounted.</param>
/// <param name="nodes">The directory of the device nodes.</param>
internal sealed class BlockDevices(string sysfs, string nodes)
{
    /// <summary>The number of a device by the path of its node; null if that is none.</summary>
    public static DeviceNumber? Find(string node) =>
        LibC.Status(node, out var status) == Errno.Success && status.IsBlockDevice
            ? new DeviceNumber(status.RepresentedMajor, status.RepresentedMinor)
            : null;

    /// <summary>The kernel's name, as in <c>dm-3</c>; the number if there is no such device.</summary>
    public string NameOf(DeviceNumber device) => UEvent(device, "DEVNAME") ?? $"{device}";

    /// <summary>The devices that this one is made of: the disk of a partition, the parts of a RAID or a mapping.</summary>
    public IReadOnlyList<DeviceNumber> PartsOf(DeviceNumber device)
    {
        // The kernel resolves the link to the device before it goes up, so this is the directory of the disk.
        if (UEvent(device, "DEVTYPE") == "partition")
            return NumberIn($"{PathOf(device)}/../dev") is { } disk ? [disk] : [];

        return [.. Entries($"{PathOf(device)}/slaves").Select(part => NumberIn($"{part}/dev")).OfType<DeviceNumber>()];
    }

    /// <summary>The devices of every btrfs, which alone may have several.</summary>
    public IReadOnlyList<IReadOnlyList<DeviceNumber>> BtrfsFileSystems() =>
    [
        .. from filesystem in Entries($"{sysfs}/fs/btrfs")
           let members = Entries($"{filesystem}/devices").ToArray()
           where members.Length > 0
           select members.Select(member => NumberIn($"{member}/dev")).OfType<DeviceNumber>().ToArray()
    ];

    /// <summary>The path that a loop device's file had when the device was set up; null for a device of another kind.</summary>
    public string? BackingFileOf(DeviceNumber device) => KernelFile.TryRead($"{PathOf(device)}/loop/backing_file");

    /// <summary>Which file a loop device stands on, whatever its path leads to by now; null if that can't be asked.</summary>
    public FileIdentity? LoopFileOf(DeviceNumber device)
    {
        var errno = LibC.Open(Path.Combine(nodes, NameOf(device)), LibC.O_RDONLY | LibC.O_NONBLOCK, out var node);
        using (node)
        {
            return errno == Errno.Success && LibC.GetLoopStatus(node, out var status) == Errno.Success
                ? new FileIdentity(new DeviceNumber(status.Major, status.Minor), status.Inode)
                : null;
        }
    }

    /// <summary>Whether a mapped device holds back whatever is read or written.</summary>
    public bool IsSuspended(DeviceNumber device) => KernelFile.TryRead($"{PathOf(device)}/dm/suspended") == "1";

    /// <summary>How much was written, discarded and flushed so far, as a sum without a unit; null if nobody counts.</summary>
    public long? WritesOf(DeviceNumber device)
    {
        var queue = UEvent(device, "DEVTYPE") == "partition" ? "../queue" : "queue";
        if (KernelFile.TryRead($"{PathOf(device)}/{queue}/iostats") == "0" || KernelFile.TryRead($"{PathOf(device)}/stat") is not { } counters)
            return null;

        // Documentation/block/stat.rst: requests and sectors written, discarded, and flushes, which older kernels lack.
        var fields = counters.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var sum = 0L;
        foreach (var field in (ReadOnlySpan<int>)[4, 6, 11, 13, 15])
        {
            if (field < fields.Length && long.TryParse(fields[field], CultureInfo.InvariantCulture, out var counter))
                sum += counter;
        }

        return sum;
    }

    private string PathOf(DeviceNumber device) => $"{sysfs}/dev/block/{device}";

    private string? UEvent(DeviceNumber device, string key) => Sysfs.Variable(KernelFile.TryRead($"{PathOf(device)}/uevent"), key);

    private static DeviceNumber? NumberIn(string path) => KernelFile.TryRead(path) is { } text ? DeviceNumber.Parse(text) : null;

    private static IEnumerable<string> Entries(string directory)
    {
        _ = LibC.List(directory, out var names);
        return names.Select(name => $"{directory}/{name}");
    }
}
