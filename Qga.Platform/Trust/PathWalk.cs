using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Trust;

/// <summary>
/// One walk along a path, from the root directory on. Each name is held by a descriptor that opens nothing (<c>O_PATH</c>) before the next is
/// looked up in it, and links are followed by their words: what is said of the way is said of the way that was taken.
/// </summary>
internal sealed class PathWalk : IDisposable
{
    /// <summary>As many as the kernel follows.</summary>
    private const int MaxLinks = 40;

    private string _name = "/";
    private LibC.FileStatus _status;

    private PathWalk()
    {
    }

    /// <summary>The end of the way; if something is <see cref="Missing"/>, what is before that.</summary>
    internal SafeFileHandle Handle { get; private set; } = new();

    /// <summary>Of what <see cref="Handle"/> is.</summary>
    internal LibC.FileStatus Status => _status;

    /// <summary>Why there was no going on.</summary>
    internal Errno Errno { get; private set; }

    /// <summary>What could not be reached any more; null if all was.</summary>
    internal string? Missing { get; private set; }

    /// <summary>Whether a link was on the way.</summary>
    internal bool HasLinks { get; private set; }

    /// <summary>How somebody else than root and ourselves could have the path lead to something of theirs; null if nobody can.</summary>
    internal PathWeakness? Weakness { get; private set; }

    /// <param name="path">Absolute. It need not exist.</param>
    internal static PathWalk Along(string path)
    {
        var walk = new PathWalk();
        walk.Go(new Stack<string>(Parts(path)));
        return walk;
    }

    public void Dispose() => Handle.Dispose();

    private static IEnumerable<string> Parts(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse();

    private void Go(Stack<string> left)
    {
        var links = 0;
        EnterRoot(isLast: left.Count == 0);
        while (Errno == Errno.Success && left.TryPop(out var part))
        {
            Errno = LibC.OpenAt(Handle, part, LibC.O_PATH | LibC.O_NOFOLLOW, UnixFileMode.None, out var next);
            var status = default(LibC.FileStatus);
            var target = "";
            if (Errno == Errno.Success)
                Errno = LibC.Status(next, out status);
            if (Errno == Errno.Success && status.IsSymbolicLink)
                Errno = ++links > MaxLinks ? Errno.ELOOP : LibC.ReadLink(next, out target);
            if (Errno != Errno.Success)
            {
                next.Dispose();
                Miss(part, left);
                break;
            }

            var name = part == ".." ? Path.GetDirectoryName(_name) ?? "/" : Path.Combine(_name, part);
            Weakness ??= WeaknessOf(name, status, isLast: left.Count == 0);
            if (!status.IsSymbolicLink)
            {
                Enter(next, status, name);
                continue;
            }

            next.Dispose();
            HasLinks = true;
            if (target.StartsWith('/'))
                EnterRoot(isLast: false);
            foreach (var word in Parts(target))
                left.Push(word);
        }
    }

    private void EnterRoot(bool isLast)
    {
        Errno = LibC.Open("/", LibC.O_PATH | LibC.O_DIRECTORY, out var root);
        var status = default(LibC.FileStatus);
        if (Errno == Errno.Success)
            Errno = LibC.Status(root, out status);
        Enter(root, status, "/");
        Weakness ??= WeaknessOf("/", status, isLast);
    }

    private void Enter(SafeFileHandle handle, LibC.FileStatus status, string name)
    {
        Handle.Dispose();
        (Handle, _status, _name) = (handle, status, name);
    }

    /// <summary>In a directory that others can write to, even one as /tmp, they can put there what is missing now.</summary>
    private void Miss(string part, Stack<string> left)
    {
        Missing = string.Join('/', [part, .. left]);
        if (_status is { IsDirectory: true, IsWritableByOthers: true })
            Weakness ??= PathWeakness.OfWritable(_name, _status);
    }

    private PathWeakness? WeaknessOf(string name, LibC.FileStatus status, bool isLast)
    {
        if (status.Uid != 0 && status.Uid != LibC.EffectiveUserId())
            return new PathWeakness(name, $"belongs to user {status.Uid}");
        if (_status is { IsDirectory: true, IsWritableByOthers: true } && status is { IsDirectory: false, Links: > 1 })
            return new PathWeakness(name, "has other names, and is where others can give names to files");

        // In a directory as /tmp nobody can replace what is root's. A link has no mode of its own. What is on the way and no directory leads
        // nowhere, whoever writes to it.
        var isSafe = status.IsSymbolicLink || (!isLast && (!status.IsDirectory || status.Permissions.HasFlag(UnixFileMode.StickyBit)));
        return status.IsWritableByOthers && !isSafe ? PathWeakness.OfWritable(name, status) : null;
    }
}

/// <summary>What is wrong with a path.</summary>
/// <param name="Path">The part of it.</param>
/// <param name="Fault">Why others are in control of that, in words that follow its name.</param>
internal sealed record PathWeakness(string Path, string Fault)
{
    internal static PathWeakness OfWritable(string path, LibC.FileStatus status) =>
        new(path, $"is writable by group or others (mode {FileModes.Octal(status.Permissions)})");

    /// <summary>As <see cref="ToString"/>, for those who have no business with the directories.</summary>
    internal string Brief => $"{Path[(Path.LastIndexOf('/') + 1)..]} {Fault}";

    public override string ToString() => $"{Path} {Fault}";
}
