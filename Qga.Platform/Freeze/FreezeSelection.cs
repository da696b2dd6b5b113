using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>Which of the mounted filesystems a request is for. What it names in vain is no error, as with qemu-ga, but worth a warning.</summary>
internal sealed class FreezeSelection
{
    private readonly List<string> _warnings = [];

    /// <exception cref="FreezeException">A name may mean several mount points.</exception>
    internal FreezeSelection(FreezeRequest request, IReadOnlyList<MountPoint> mounted, FreezeExclusions exclusions)
    {
        var wanted = request.MountPoints is { } names ? Named(names, mounted, exclusions) : mounted;
        MountPoints = [.. wanted.Where(mountPoint => !exclusions.Excludes(mountPoint))];
    }

    /// <summary>In the order of mounting.</summary>
    internal IReadOnlyList<MountPoint> MountPoints { get; }

    /// <summary>A line for each name that no filesystem is frozen for.</summary>
    internal IReadOnlyList<string> Warnings => _warnings;

    private IEnumerable<MountPoint> Named(IReadOnlyList<string> names, IReadOnlyList<MountPoint> mounted, FreezeExclusions exclusions)
    {
        if (names.Count == 0)
            _warnings.Add("nothing is frozen: the list of mount points is empty");
        var all = new MountPointNames(mounted);
        var chosen = new HashSet<MountPoint>();
        foreach (var name in names.Distinct())
        {
            var meant = Find(all, name);
            if (meant.Count == 0)
                _warnings.Add($"{name} is not frozen: no filesystem on a block device goes by this mount point");
            else if (meant.TrueForAll(exclusions.Excludes))
                _warnings.Add($"{name} is not frozen: fsfreeze-exclude keeps it out");
            chosen.UnionWith(meant);
        }

        return mounted.Where(chosen.Contains);
    }

    private static List<MountPoint> Find(MountPointNames all, string name)
    {
        try
        {
            return [.. all.Find(name)];
        }
        catch (AmbiguousMountPointException ambiguous)
        {
            throw new FreezeException($"failed to freeze: {ambiguous.Message}");
        }
    }
}
