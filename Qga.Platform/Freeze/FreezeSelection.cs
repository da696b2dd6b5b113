using Qga.Platform.Freeze.Evidence;
using Qga.Platform.Storage;

namespace Qga.Platform.Freeze;

/// <summary>Which of the mounted filesystems a request is for. What it names in vain is no error, as with qemu-ga, but worth a warning.</summary>
internal sealed class FreezeSelection
{
    private const string Excluded = "fsfreeze-exclude keeps it out";

    /// <summary>How many of the names that mean nothing are told one by one.</summary>
    private const int MostNames = 16;

    private readonly List<LeftOutFileSystem> _leftOut = [];
    private readonly List<string> _warnings = [];

    /// <exception cref="FreezeException">A name may mean several mount points.</exception>
    internal FreezeSelection(FreezeRequest request, IReadOnlyList<MountPoint> mounted, FreezeExclusions exclusions)
    {
        if (request.MountPoints is null)
            _leftOut.AddRange(mounted.Where(exclusions.Excludes).Select(each => new LeftOutFileSystem(each.Path, each, Excluded, IsNamed: false)));
        var wanted = request.MountPoints is { } names ? Named(names, mounted, exclusions) : mounted;
        MountPoints = [.. wanted.Where(mountPoint => !exclusions.Excludes(mountPoint))];
    }

    /// <summary>In the order of mounting.</summary>
    internal IReadOnlyList<MountPoint> MountPoints { get; }

    /// <summary>What is kept out, and what a request has named in vain; not what a request does not name.</summary>
    internal IReadOnlyList<LeftOutFileSystem> LeftOut => _leftOut;

    /// <summary>A line for each name that no filesystem is frozen for.</summary>
    internal IReadOnlyList<string> Warnings => _warnings;

    private IEnumerable<MountPoint> Named(IReadOnlyList<string> names, IReadOnlyList<MountPoint> mounted, FreezeExclusions exclusions)
    {
        if (names.Count == 0)
            _warnings.Add("nothing is frozen: the list of mount points is empty");
        var all = new MountPointNames(mounted);
        var chosen = new HashSet<MountPoint>();
        var unknown = 0;
        foreach (var name in names.Distinct())
        {
            var meant = Find(all, name);
            if (meant.Count == 0 && ++unknown <= MostNames)
                LeaveOut(FreezeEvidence.Cut(name), mountPoint: null, "no filesystem on a block device goes by this mount point");
            else if (meant.Count > 0 && meant.TrueForAll(exclusions.Excludes))
                LeaveOut(name, meant[0], Excluded);
            chosen.UnionWith(meant);
        }

        if (unknown > MostNames)
            LeaveOut($"{unknown - MostNames} more", mountPoint: null, "no filesystem on a block device goes by these mount points");
        return mounted.Where(chosen.Contains);
    }

    private void LeaveOut(string name, MountPoint? mountPoint, string reason)
    {
        _warnings.Add($"{name} is not frozen: {reason}");
        _leftOut.Add(new LeftOutFileSystem(name, mountPoint, reason, IsNamed: true));
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

/// <summary>A filesystem that is not frozen, or a name that no filesystem goes by.</summary>
/// <param name="Name">Its mount point, or the name.</param>
/// <param name="MountPoint">Null if there is none.</param>
/// <param name="Reason">Why it is not frozen.</param>
/// <param name="IsNamed">Whether the request has named it.</param>
internal sealed record LeftOutFileSystem(string Name, MountPoint? MountPoint, string Reason, bool IsNamed);
