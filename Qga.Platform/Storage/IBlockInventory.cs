using Qga.Platform.Native;

namespace Qga.Platform.Storage;

/// <summary>The guest's block devices, and what is on them.</summary>
public interface IBlockInventory
{
    /// <summary>Every disk of a size with its partitions: the last one that the kernel lists first, and partitions before their disk.</summary>
    /// <exception cref="PlatformException">They can't be listed.</exception>
    IReadOnlyList<BlockDevice> Devices();

    /// <summary>What has been read from and written to each block device since the guest started, in the kernel's order.</summary>
    /// <exception cref="PlatformException">Nobody tells.</exception>
    IReadOnlyList<DiskStatistics> Statistics();

    /// <summary>The name of a filesystem's device, and the disks or partitions that it stands on in the end.</summary>
    FileSystemDevice DeviceOf(DeviceNumber number);

    /// <summary>How full a mounted filesystem is; null if it does not say. This may get stuck in the kernel.</summary>
    FileSystemUsage? UsageOf(MountPoint mountPoint);
}

/// <summary>A disk or a partition.</summary>
/// <param name="Node">The path of its node.</param>
/// <param name="IsPartition">Whether it is part of the one device that it depends on.</param>
public sealed record BlockDevice(string Node, bool IsPartition)
{
    /// <summary>The nodes of the devices that it is made of; null where a device can't have any.</summary>
    public IReadOnlyList<string>? Dependencies { get; init; }

    /// <summary>Null for partitions, and for devices that the kernel makes of others.</summary>
    public DiskAddress? Address { get; init; }

    /// <summary>The device mapper's name.</summary>
    public string? Alias { get; init; }

    public NvmeHealth? Health { get; init; }
}

/// <summary>What a filesystem is on.</summary>
/// <param name="Name">The kernel's name of the device, or its number if there is none.</param>
/// <param name="Disks">Those that it stands on, whatever is in between.</param>
public sealed record FileSystemDevice(string Name, IReadOnlyList<DiskAddress> Disks);

/// <summary>How full a filesystem is, in bytes.</summary>
/// <param name="Used">What is in use.</param>
/// <param name="Total">That, and what is free for everybody.</param>
/// <param name="TotalPrivileged">All, with what is kept for root.</param>
public sealed record FileSystemUsage(ulong Used, ulong Total, ulong TotalPrivileged);
