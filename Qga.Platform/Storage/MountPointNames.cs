using Qga.Platform.Native;

namespace Qga.Platform.Storage;

/// <summary>
/// What mount points go by where only text can be told. A path that is not UTF-8 goes by the text with U+FFFD in it, as with qemu-ga,
/// or if another path would go by that too, by its bytes: <c>/mnt/caf\xe9</c>. What was told leads back to its mount point only.
/// </summary>
public sealed class MountPointNames
{
    private readonly ILookup<string, MountPoint> _mountPoints;
    private readonly ILookup<string, string> _paths;

    /// <param name="mountPoints">All that may be meant.</param>
    public MountPointNames(IReadOnlyList<MountPoint> mountPoints)
    {
        _mountPoints = mountPoints.ToLookup(mountPoint => mountPoint.Path);
        _paths = _mountPoints
            .SelectMany(
                mounted => new[] { KernelPath.Readable(mounted.Key), KernelPath.Escape(mounted.Key) }.Distinct().Select(name => (name, mounted.Key)))
            .ToLookup(pair => pair.name, pair => pair.Key);
    }

    public string Of(MountPoint mountPoint)
    {
        var name = KernelPath.Readable(mountPoint.Path);
        return _paths[name].Count() > 1 ? KernelPath.Escape(mountPoint.Path) : name;
    }

    /// <summary>Those that go by the name: none, or one, or several if one was mounted over the other.</summary>
    /// <exception cref="AmbiguousMountPointException">Several paths look like this.</exception>
    public IEnumerable<MountPoint> Find(string name) => _paths[name].ToList() switch
    {
        [] => [],
        [var path] => _mountPoints[path],
        var paths => throw new AmbiguousMountPointException(name, [.. paths.Select(KernelPath.Escape)]),
    };
}

/// <summary>Several mount points look the same in text.</summary>
/// <param name="name">How they look.</param>
/// <param name="names">What tells them apart.</param>
public sealed class AmbiguousMountPointException(string name, IReadOnlyList<string> names)
    : Exception($"mount point {name} may be any of {string.Join(", ", names)}");
