using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>Which mounts no path leads to, since others were mounted over them, or over a directory above them.</summary>
internal sealed class MountCovers
{
    private readonly HashSet<(int Parent, string MountPoint)> _mounted;
    private readonly MountWays _ways;

    /// <param name="mounts">All that is mounted.</param>
    public MountCovers(IReadOnlyList<MountInfo> mounts)
    {
        _mounted = [.. mounts.Select(mount => (mount.Parent, mount.MountPoint))];
        _ways = new MountWays(mounts, IsBelowAnother);
    }

    /// <remarks>Paths begin at the root, whatever is mounted over that.</remarks>
    public bool Hide(MountInfo mount) => (mount.MountPoint != "/" && _mounted.Contains((mount.Id, mount.MountPoint))) || _ways.Any(mount);

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
