using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>The block devices of a Linux guest, by what the kernel tells in /sys and /proc, and udev in its database.</summary>
public sealed class LinuxBlockInventory : IBlockInventory
{
    private const string VirtualDevices = "/devices/virtual/block/";

    private readonly Sysfs _sysfs;
    private readonly UdevDatabase _udev;
    private readonly string _statistics;

    public LinuxBlockInventory()
        : this("/sys", "/run/udev/data", "/proc/diskstats")
    {
    }

    /// <param name="sysfs">Where sysfs is mounted.</param>
    /// <param name="udev">The directory of udev's database.</param>
    /// <param name="statistics">The kernel's table of counters.</param>
    internal LinuxBlockInventory(string sysfs, string udev, string statistics)
    {
        _sysfs = new Sysfs(sysfs);
        _udev = new UdevDatabase(udev);
        _statistics = statistics;
    }

    public IReadOnlyList<BlockDevice> Devices()
    {
        SystemCallException.ThrowIfFailed(_sysfs.List("/block", out var names), "Can't open directory \"/sys/block\"");
        var partitions = PartitionsByDisk(names);
        var devices = new List<BlockDevice>();
        foreach (var name in names)
        {
            if (_sysfs.Target($"/block/{name}") is not { } path || _sysfs.Read(path, "size") == "0")
                continue;
            var identity = _sysfs.IdentityOf(path);
            if (identity.Node is not { } node)
                continue;

            var record = _udev.RecordOf(identity.Number);
            devices.Add(new BlockDevice(node, IsPartition: false)
            {
                Dependencies = PartsOf(path),
                Address = IsVirtual(path) ? null : AddressOf(path, node, record),
                Alias = UdevDatabase.Property(record, "DM_NAME"),
                Health = name.StartsWith("nvme", StringComparison.Ordinal) ? NvmeHealth.Of(node) : null,
            });
            AddPartitions(devices, path, node, partitions[path]);
        }

        devices.Reverse();
        return devices;
    }

    public IReadOnlyList<DiskStatistics> Statistics()
    {
        SystemCallException.ThrowIfFailed(KernelFile.Read(_statistics, out var table), "Could not open '/proc/diskstats'");
        return DiskStatistics.Parse(table);
    }

    public FileSystemDevice DeviceOf(DeviceNumber number)
    {
        // In a container there may be no such device.
        if (_sysfs.Target($"/dev/block/{number}") is not { } path)
            return new FileSystemDevice($"{number}", []);

        var disks = new List<DiskAddress>();
        AddDisks(disks, path, []);
        disks.Reverse();
        return new FileSystemDevice(Path.GetFileName(path), disks);
    }

    public FileSystemUsage? UsageOf(MountPoint mountPoint)
    {
        try
        {
            using var file = MountPlaces.Open(mountPoint, LibC.O_PATH);
            if (LibC.FileSystemOf(file, out var status) != Errno.Success)
                return null;

            var used = status.Blocks - status.Free;
            return new FileSystemUsage(
                used * status.BlockSize, (used + status.Available) * status.BlockSize, status.Blocks * status.BlockSize);
        }
        catch (PlatformException)
        {
            return null;
        }
    }

    private static bool IsVirtual(string path) => path.StartsWith(VirtualDevices, StringComparison.Ordinal);

    private static bool IsPartition(ReadOnlySpan<char> name, string disk)
    {
        if (!name.StartsWith(disk, StringComparison.Ordinal))
            return false;
        var rest = name[disk.Length..];
        return (rest.StartsWith('p') ? rest[1..] : rest) is [>= '0' and <= '9', ..];
    }

    /// <summary>
    /// The paths of all that is no disk, by the directory that it is in, in the kernel's order. One list is shorter than those of
    /// all disks, in whose directories there is much else.
    /// </summary>
    private ILookup<string, string> PartitionsByDisk(IEnumerable<string> disks)
    {
        _ = _sysfs.List("/class/block", out var names);
        return names.Except(disks)
            .Select(name => _sysfs.Target($"/class/block/{name}"))
            .OfType<string>()
            .ToLookup(path => path[..path.LastIndexOf('/')]);
    }

    private void AddPartitions(List<BlockDevice> devices, string disk, string node, IEnumerable<string> partitions)
    {
        var diskName = Path.GetFileName(disk);
        foreach (var path in partitions)
        {
            if (IsPartition(Path.GetFileName(path), diskName) && NodeOf(path) is { } partition)
                devices.Add(new BlockDevice(partition, IsPartition: true) { Dependencies = [node] });
        }
    }

    /// <summary>The nodes of what a device is made of; null for a device that has no directory of such.</summary>
    private List<string>? PartsOf(string path)
    {
        if (_sysfs.List($"{path}/slaves", out var names) != Errno.Success)
            return null;

        var nodes = new List<string>(names.Count);
        foreach (var name in names)
        {
            if (_sysfs.Target($"{path}/slaves/{name}") is { } part && NodeOf(part) is { } node)
                nodes.Add(node);
        }

        nodes.Reverse();
        return nodes;
    }

    /// <summary>Adds the disk, or those that a virtual device is made of.</summary>
    /// <param name="disks">Where to.</param>
    /// <param name="path">The device.</param>
    /// <param name="above">The devices on the way here: one that seems to be made of itself leads nowhere.</param>
    private void AddDisks(List<DiskAddress> disks, string path, Stack<string> above)
    {
        if (!IsVirtual(path))
        {
            var identity = _sysfs.IdentityOf(path);
            if (AddressOf(path, identity.Node, _udev.RecordOf(identity.Number)) is { } address)
                disks.Add(address);
            return;
        }

        if (above.Contains(path))
            return;
        above.Push(path);
        _ = _sysfs.List($"{path}/slaves", out var names);
        foreach (var name in names)
        {
            if (_sysfs.Target($"{path}/slaves/{name}") is { } part)
                AddDisks(disks, part, above);
        }

        above.Pop();
    }

    private DiskAddress? AddressOf(string path, string? node, string? udevRecord)
    {
        var address = BusAddress.Of(path, _sysfs);
        var serial = UdevDatabase.Property(udevRecord, "ID_SERIAL");
        return address is null && node is null && serial is null
            ? null
            : (address ?? new DiskAddress()) with { Node = node, Serial = serial };
    }

    private string? NodeOf(string path) => _sysfs.IdentityOf(path).Node;
}
