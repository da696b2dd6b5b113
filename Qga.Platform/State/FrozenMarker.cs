using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.State;

/// <summary>
/// qga.state.isfrozen: an empty file that exists exactly while we hold filesystems frozen, so that an agent which starts
/// while they still are knows it. Whoever takes part in a freeze holds its marker open: as long as one does, no other file has its
/// inode, and a path that leads elsewhere tells that the freeze is over, or that it is another one.
/// </summary>
public sealed class FrozenMarker(string stateDirectory)
{
    internal const string Name = "qga.state.isfrozen";

    private volatile HeldFile? _held;

    public string Path { get; } = $"{stateDirectory}/{Name}";

    /// <summary>The inode of the marker that is held; null if none is.</summary>
    internal ulong? Inode => _held?.Status.Inode;

    /// <summary>What tells the marker that is held from every other; null if none is.</summary>
    internal string? Identity => _held?.Status is { } status ? $"{status.Identity}:{status.ModifiedSeconds}.{status.ModifiedNanoseconds}" : null;

    /// <summary>Whether the marker that was held is there no more, or another one is. Not if none is held, or it can't be told.</summary>
    public bool IsLost => _held is { } held && LibC.LinkStatus(Path, out var status) switch
    {
        Errno.Success => !status.IsSameFileAs(held.Status),
        var errno => errno == Errno.ENOENT,
    };

    /// <summary>Whether there is a marker, whoever made it. A directory is none: nobody has made it for one.</summary>
    internal bool IsThere => LibC.LinkStatus(Path, out var status) == Errno.Success && !status.IsDirectory;

    /// <exception cref="PlatformException">It can't be told; the agent must then take the filesystems for frozen.</exception>
    public bool Exists() => LibC.Status(Path, out _) switch
    {
        Errno.Success => true,
        Errno.ENOENT or Errno.ENAMETOOLONG => false,

        // No marker can be where no directory is.
        _ when LibC.DirectoryStatus(stateDirectory) is Errno.ENOTDIR or Errno.ELOOP => false,
        var errno => throw new SystemCallException(errno, $"unable to access state file at path {Path}"),
    };

    /// <summary>When it was created; null if there is none.</summary>
    public DateTimeOffset? CreatedAt() => LibC.Status(Path, out var status) == Errno.Success ? status.ModifiedAt : null;

    /// <summary>Makes a marker, in the place of any other, and holds it.</summary>
    /// <exception cref="StateException">There is none now. The freeze itself can go on: its lines are warnings.</exception>
    /// <exception cref="PlatformException">That of an earlier freeze is there and stays: a guardian would take ours for over.</exception>
    public void Create()
    {
        Hold(null);
        var errno = Open(LibC.O_CREAT | LibC.O_EXCL, out var file);
        if (errno == Errno.EEXIST)
        {
            file.Dispose();
            errno = LibC.Unlink(Path);
            if (errno == Errno.Success)
                errno = Open(LibC.O_CREAT | LibC.O_EXCL, out file);
        }

        if (errno == Errno.Success)
            errno = TryHold(file);
        if (errno == Errno.Success)
            return;
        throw IsThere
            ? new SystemCallException(errno, $"failed to freeze: unable to replace {Path}, which an earlier freeze has left")
            : Unreliable("create", new SystemCallException(errno, $"unable to open/create file {Path}"));
    }

    /// <summary>Holds the marker that somebody else has made; none if there is none, or it can't be opened.</summary>
    public void Adopt()
    {
        Hold(null);
        if (Open(LibC.O_PATH, out var file) == Errno.Success)
            _ = TryHold(file);
        else
            file.Dispose();
    }

    /// <summary>Holds the marker that somebody else has made, if it has that inode.</summary>
    /// <returns>Whether it is held.</returns>
    internal bool TryAdopt(ulong inode)
    {
        Adopt();
        if (Inode != inode)
            Hold(null);
        return Inode is not null;
    }

    /// <summary>Removes the marker, unless it is lost, and holds it no longer.</summary>
    /// <returns>False if it was lost.</returns>
    /// <exception cref="StateException">The thaw itself can go on: its lines are warnings.</exception>
    public bool Remove()
    {
        var wasLost = IsLost;
        var errno = wasLost ? Errno.Success : LibC.Unlink(Path);
        Hold(null);
        return errno == Errno.Success ? !wasLost : throw Unreliable("delete", new SystemCallException(errno, $"unable to delete file: {Path}"));
    }

    private Errno Open(int flags, out SafeFileHandle file) => LibC.Open(Path, flags | LibC.O_NOFOLLOW, FileModes.OwnersFile, out file);

    private Errno TryHold(SafeFileHandle file)
    {
        var errno = LibC.Status(file, out var status);
        if (errno == Errno.Success)
            Hold(new HeldFile(file, status));
        else
            file.Dispose();
        return errno;
    }

    private void Hold(HeldFile? file)
    {
        _held?.Handle.Dispose();
        _held = file;
    }

    private StateException Unreliable(string action, PlatformException cause) =>
        new($"unable to {action} {Path}, fsfreeze may not function properly", cause);

    private sealed record HeldFile(SafeFileHandle Handle, LibC.FileStatus Status);
}
