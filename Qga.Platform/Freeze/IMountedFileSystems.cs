using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>The guest's filesystems: what is mounted, and in which order it can be frozen. Any call may get stuck in the kernel.</summary>
public interface IMountedFileSystems
{
    /// <summary>Every mounted filesystem on a block device, once each, in the kernel's order of mounting.</summary>
    /// <exception cref="PlatformException">The list can't be had.</exception>
    IReadOnlyList<MountPoint> MountPoints();

    /// <summary>
    /// Those mount points in an order in which each can be frozen: a filesystem before the one that holds its device, and
    /// else the last mounted first. They can be thawed in the opposite order.
    /// </summary>
    /// <exception cref="FreezeException">There is no such order, or a device below one of them is suspended.</exception>
    IReadOnlyList<MountPoint> FreezeOrder(IReadOnlyList<MountPoint> mountPoints);

    /// <exception cref="UnreachableMountPointException">No path leads to it.</exception>
    /// <exception cref="PlatformException">It can't be opened.</exception>
    IOpenMountPoint Open(MountPoint mountPoint);

    /// <summary>A number that changes as long as the device of the mount point is writing; null if nobody knows.</summary>
    long? WriteProgress(MountPoint mountPoint);
}

/// <summary>A mount point that is held open: its path need not be walked again, and it can't be unmounted.</summary>
public interface IOpenMountPoint : IDisposable
{
    MountPoint MountPoint { get; }

    /// <summary>Freezes the filesystem: writes what is dirty, then holds up all writing.</summary>
    /// <exception cref="PlatformException">It should have been frozen but was not.</exception>
    FreezeResult TryFreeze();

    /// <summary>Thaws the filesystem as often as it is frozen, by whomever.</summary>
    /// <returns>False if it was not frozen.</returns>
    bool TryThaw();

    /// <summary>Tells the device which blocks of the filesystem are unused.</summary>
    /// <param name="minimum">The shortest extent that is told, in bytes.</param>
    /// <exception cref="PlatformException">The filesystem or the device refuses.</exception>
    TrimResult Trim(ulong minimum);
}

/// <summary>What has become of a filesystem that was to be frozen.</summary>
public enum FreezeResult
{
    /// <summary>It can't be frozen.</summary>
    Unsupported,

    /// <summary>It was frozen already, by whomever.</summary>
    FrozenAlready,

    Frozen,
}

/// <summary>How much was trimmed, and the shortest extent that was, both in bytes.</summary>
public readonly record struct TrimResult(ulong Trimmed, ulong Minimum);
