using Qga.Platform.Native;

namespace Qga.Platform.Storage;

/// <summary>A mounted filesystem on a block device.</summary>
/// <param name="Path">Where it is mounted; a device that is mounted several times goes by its first mount.</param>
/// <param name="Type">The filesystem's type, as in <c>ext4</c>.</param>
/// <param name="Device">The block device that it is on.</param>
public sealed record MountPoint(string Path, string Type, DeviceNumber Device)
{
    /// <summary>The device, as it was named when it was mounted.</summary>
    public string Source { get; init; } = "";

    /// <summary>Whether nothing can be written to the filesystem as a whole.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Whether it, and all that is mounted on the way to it, answers from the kernel's memory: to ask it what it is can't get stuck at a server
    /// or a program. False if that is not known.
    /// </summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether no path leads to the filesystem, as the table of mounts has it: everywhere something lies over it.</summary>
    public bool IsHidden => Places.All(place => place.IsHidden);

    /// <summary>Wherever it is mounted, its first mount first.</summary>
    internal IReadOnlyList<MountPlace> Places { get => field ?? [new(Path, Mount: null, IsHidden: false)]; init; }

    public bool Equals(MountPoint? other) => other is not null && (Path, Type, Device) == (other.Path, other.Type, other.Device);

    public override int GetHashCode() => HashCode.Combine(Path, Type, Device);

    public override string ToString() => $"{Path} ({Type} on {Source}, {Device})";
}

/// <summary>One of the places that a filesystem, or a directory or file of it, is mounted at.</summary>
/// <param name="Path">Where that is.</param>
/// <param name="Mount">The number of the mount; null if it is not known.</param>
/// <param name="IsHidden">Whether another mount lies over it, or over a directory above it.</param>
internal sealed record MountPlace(string Path, int? Mount, bool IsHidden);
