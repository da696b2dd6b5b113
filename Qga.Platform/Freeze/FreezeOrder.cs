using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>In which order filesystems can be frozen when some hold the devices of others.</summary>
internal static class FreezeOrder
{
    private enum Visit
    {
        Begun,
        Done,
    }

    /// <summary>The reverse of the order of mounting, but for a filesystem whose holder would come before it.</summary>
    /// <param name="mountPoints">In the order of mounting.</param>
    /// <param name="holders">Those of the mount points that hold the device of the given one.</param>
    /// <exception cref="FreezeException">Some depend on one another in a circle.</exception>
    public static IReadOnlyList<MountPoint> Of(
        IReadOnlyList<MountPoint> mountPoints, Func<MountPoint, IEnumerable<MountPoint>> holders)
    {
        var held = mountPoints.Reverse()
            .SelectMany(mountPoint => holders(mountPoint).Select(holder => (Holder: holder, Held: mountPoint)))
            .ToLookup(edge => edge.Holder, edge => edge.Held);
        var order = new List<MountPoint>(mountPoints.Count);
        var visits = new Dictionary<MountPoint, Visit>();
        var path = new List<MountPoint>();
        foreach (var mountPoint in mountPoints.Reverse())
            Visited(mountPoint);

        return order;

        void Visited(MountPoint mountPoint)
        {
            if (visits.TryGetValue(mountPoint, out var visit))
            {
                if (visit == Visit.Begun)
                    throw Circle([.. path.SkipWhile(begun => begun != mountPoint)]);
                return;
            }

            visits[mountPoint] = Visit.Begun;
            path.Add(mountPoint);
            foreach (var dependent in held[mountPoint])
                Visited(dependent);
            path.RemoveAt(path.Count - 1);
            visits[mountPoint] = Visit.Done;
            order.Add(mountPoint);
        }
    }

    /// <summary>Each of the circle depends on the one before it, and the first on the last.</summary>
    private static FreezeException Circle(IReadOnlyList<MountPoint> circle) => new(
        $"failed to freeze {circle[0].Path}: its device depends on "
        + string.Join(", which depends on ", circle.Reverse().Select(mountPoint => mountPoint.Path)));
}
