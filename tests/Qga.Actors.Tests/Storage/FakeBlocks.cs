using System.Collections.Concurrent;
using Qga.Platform;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Actors.Tests.Storage;

/// <summary>Block devices as a test lists them, and filesystems of which some don't answer.</summary>
internal sealed class FakeBlocks : IBlockInventory
{
    internal static readonly FileSystemUsage Usage = new(1, 2, 3);

    private readonly ConcurrentQueue<string> _asked = new();

    internal List<BlockDevice> All { get; } = [];

    internal List<DiskStatistics> Counters { get; } = [];

    internal PlatformException? Failure { get; set; }

    /// <summary>What is known of the devices of filesystems, by their numbers; no disks if nothing is.</summary>
    internal Dictionary<DeviceNumber, FileSystemDevice> FileSystemDevices { get; } = [];

    /// <summary>Paths that do not answer, till their gate is set.</summary>
    internal ConcurrentDictionary<string, ManualResetEventSlim> Dead { get; } = new();

    internal HashSet<string> Silent { get; } = [];

    /// <summary>Who has been asked how full it is, in order.</summary>
    internal IReadOnlyList<string> Asked => [.. _asked];

    public IReadOnlyList<BlockDevice> Devices() => Failure is null ? All : throw Failure;

    public IReadOnlyList<DiskStatistics> Statistics() => Failure is null ? Counters : throw Failure;

    public FileSystemDevice DeviceOf(DeviceNumber number) => FileSystemDevices.GetValueOrDefault(number) ?? new FileSystemDevice($"{number}", []);

    public FileSystemUsage? UsageOf(MountPoint mountPoint)
    {
        _asked.Enqueue(mountPoint.Path);
        if (Dead.TryGetValue(mountPoint.Path, out var gate))
            gate.Wait();
        return Silent.Contains(mountPoint.Path) ? null : Usage;
    }
}
