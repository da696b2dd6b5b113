using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>Whether something holds of a mount, or of one on the way to it. Each mount is looked at once, however many are below it.</summary>
/// <param name="mounts">All that is mounted.</param>
/// <param name="holds">What is asked of a mount.</param>
internal sealed class MountWays(IReadOnlyList<MountInfo> mounts, Func<MountInfo, bool> holds)
{
    private readonly Dictionary<int, MountInfo> _mounts = mounts.DistinctBy(mount => mount.Id).ToDictionary(mount => mount.Id);
    private readonly Dictionary<int, bool> _known = [];

    public bool Any(MountInfo mount)
    {
        var way = new List<int>();
        var found = false;
        for (var next = mount; next is not null && !_known.TryGetValue(next.Id, out found); next = _mounts.GetValueOrDefault(next.Parent))
        {
            // Known already, for a table that was read while it changed could lead round in a circle.
            _known.Add(next.Id, false);
            way.Add(next.Id);
            found = holds(next);
            if (found)
                break;
        }

        foreach (var id in way)
            _known[id] = found;
        return found;
    }
}
