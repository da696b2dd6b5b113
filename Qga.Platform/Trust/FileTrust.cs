using Qga.Platform.Native;

namespace Qga.Platform.Trust;

/// <summary>Whether somebody else than root could have the agent run something of theirs.</summary>
public static class FileTrust
{
    /// <summary>As many as the kernel follows.</summary>
    private const int MaxLinks = 40;

    /// <summary>
    /// How somebody else than root and ourselves could put something of theirs at a path, in words; null if nobody can. The directories
    /// and links on the way count too: who can write to one can put something else in its place.
    /// </summary>
    /// <param name="path">Relative to the current directory if it is relative. It need not exist.</param>
    public static string? Weakness(string path)
    {
        var left = new Stack<string>(Parts(Absolute(path)));
        var at = "/";
        var links = 0;
        string? weakness;
        for (weakness = WeaknessOf(at, isLast: false); weakness is null && left.TryPop(out var part);)
        {
            if (part == "..")
            {
                at = Path.GetDirectoryName(at) ?? "/";
                continue;
            }

            var name = Path.Combine(at, part);
            weakness = WeaknessOf(name, isLast: left.Count == 0);
            if (LibC.ReadLink(name, out var target) != Errno.Success)
            {
                at = name;
            }
            else if (++links <= MaxLinks)
            {
                at = target.StartsWith('/') ? "/" : at;
                foreach (var next in Parts(target))
                    left.Push(next);
            }
            else
            {
                break;
            }
        }

        return weakness;
    }

    private static string Absolute(string path) => path.StartsWith('/') || LibC.ReadLink("/proc/self/cwd", out var current) != Errno.Success
        ? path
        : $"{current}/{path}";

    private static IEnumerable<string> Parts(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse();

    private static string? WeaknessOf(string name, bool isLast)
    {
        if (LibC.LinkStatus(name, out var status) != Errno.Success)
            return null;
        if (status.Uid != 0 && status.Uid != LibC.EffectiveUserId())
            return $"{name} belongs to user {status.Uid}";

        // In a directory as /tmp nobody can replace what is root's. A link has no mode of its own. What is on the way and no directory leads
        // nowhere, whoever writes to it.
        var isSafe = status.IsSymbolicLink || (!isLast && (!status.IsDirectory || status.Permissions.HasFlag(UnixFileMode.StickyBit)));
        return status.IsWritableByOthers && !isSafe
            ? $"{name} is writable by group or others (mode {FileModes.Octal(status.Permissions)})"
            : null;
    }

    /// <summary>Whether it is a program that we may run.</summary>
    public static bool IsExecutable(string path) =>
        LibC.Status(path, out var status) == Errno.Success && status.IsRegularFile && LibC.IsExecutable(path) == Errno.Success;

    /// <summary>Whether a path leads to anything.</summary>
    public static bool Exists(string path) => LibC.Status(path, out _) == Errno.Success;

    /// <summary>Whether a path leads to a directory.</summary>
    public static bool IsDirectory(string path) => LibC.DirectoryStatus(path) == Errno.Success;

    /// <summary>Whether there is a directory for a file.</summary>
    public static bool HasDirectory(string path) => IsDirectory(path.LastIndexOf('/') is >= 0 and var end ? path[..(end + 1)] : ".");

    /// <summary>Whether files can be made in a directory.</summary>
    public static bool IsWritableDirectory(string path) =>
        LibC.DirectoryStatus(path) == Errno.Success && LibC.IsWritable(path) == Errno.Success;
}
