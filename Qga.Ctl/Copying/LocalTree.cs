using Qga.Client;
using Qga.Ctl.Native;

namespace Qga.Ctl.Copying;

/// <summary>
/// A directory of this host that gets what a guest has. Nothing is written outside of it: a symbolic link below it is not followed, whether
/// it was there before or came from the guest.
/// </summary>
internal sealed class LocalTree(string root)
{
    private readonly HashSet<string> _checked = [];

    internal string Root => root;

    /// <summary>What a process that makes files takes from their modes.</summary>
    internal static UnixFileMode Mask { get; } = LocalFile.Mask();

    /// <summary>The path of an entry; the directories above it are there then, and are none that a link leads to.</summary>
    /// <exception cref="IOException">There is a link, or a file, where a directory is needed.</exception>
    internal string PlaceOf(string path)
    {
        if (path.Length == 0)
            return root;
        var place = root;
        Ensure(place, isRoot: true);
        var names = path.Split('/');
        foreach (var name in names.SkipLast(1))
        {
            place = Path.Join(place, name);
            Ensure(place, isRoot: false);
        }

        return Path.Join(place, names[^1]);
    }

    /// <summary>Makes a directory, unless it is there.</summary>
    /// <returns>Whether it is new.</returns>
    internal bool MakeDirectory(string path) => Ensure(PlaceOf(path), isRoot: path.Length == 0);

    /// <summary>Makes a link. It takes the place of a file or another link.</summary>
    internal void MakeLink(string path, string target)
    {
        if (target.Length == 0)
            throw new IOException("the guest has a link there that leads nowhere");
        var place = PlaceOf(path);
        if (LibC.Status(place) is { } there)
        {
            if (there.Kind == LibC.S_IFDIR)
                throw new IOException($"{place} is a directory, and the guest has a link there");
            File.Delete(place);
        }

        File.CreateSymbolicLink(place, target);
    }

    private bool Ensure(string place, bool isRoot)
    {
        if (!_checked.Add(place))
            return false;
        switch (LibC.Status(place)?.Kind)
        {
            case LibC.S_IFDIR:
                return false;
            case LibC.S_IFLNK when isRoot && Directory.Exists(place):
                return false;
            case LibC.S_IFLNK:
                _checked.Remove(place);
                throw new IOException($"{place} is a symbolic link, and is not followed");
            case null:
                // Nobody else looks into it before it has its mode.
                Directory.CreateDirectory(place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                return true;
            default:
                _checked.Remove(place);
                throw new IOException($"{place} is no directory");
        }
    }
}
