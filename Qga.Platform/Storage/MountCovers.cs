using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>Which mounts no path leads to, since others were mounted over them, or over a directory above them.</summary>
/// <param name="mounts">All that is mounted.</param>
internal sealed class MountCovers(IReadOnlyList<MountInfo> mounts)
{
    private readonly HashSet<(int Parent, string MountPoint)> _mounted = [.. mounts.Select(mount => (mount.Parent, mount.MountPoint))];

    private readonly Dictionary<int, MountInfo> _mounts = mounts.DistinctBy(mount => mount.Id).ToDictionary(mount => mount.Id);

    /// <remarks>Paths begin at the root, whatever is mounted over that.</remarks>
    public bool Hide(MountInfo mount)
    {
        if (mount.MountPoint != "/" && _mounted.Contains((mount.Id, mount.MountPoint)))
            return true;

        // A table that was read while it changed could lead round in a circle.
        var parent = mount;
        for (var steps = 0; parent is not null && steps < _mounts.Count; steps++)
        {
            if (IsBelowAnother(parent))
                return true;
            parent = _mounts.GetValueOrDefault(parent.Parent);
        }

        return false;
    }

    /// <summary>Whether something is mounted on a directory on the way from the parent to the mount.</summary>
    private bool IsBelowAnother(MountInfo mount)
    {
        var path = mount.MountPoint;
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (_mounted.Contains((mount.Parent, path[..slash])))
                return true;
        }

        return false;
    }
}
