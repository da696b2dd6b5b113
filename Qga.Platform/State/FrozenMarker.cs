using Qga.Platform.Native;

namespace Qga.Platform.State;

/// <summary>
/// qga.state.isfrozen: an empty file that exists exactly while we hold filesystems frozen, so that an agent which starts
/// while they still are knows it.
/// </summary>
public sealed class FrozenMarker(string stateDirectory)
{
    public string Path { get; } = $"{stateDirectory}/qga.state.isfrozen";

    /// <exception cref="PlatformException">It can't be told; the agent must then take the filesystems for frozen.</exception>
    public bool Exists() => LibC.Status(Path, out _) switch
    {
        Errno.Success => true,
        Errno.ENOENT or Errno.ENAMETOOLONG => false,

        // No marker can be where no directory is.
        _ when LibC.DirectoryStatus(stateDirectory) is Errno.ENOTDIR or Errno.ELOOP => false,
        var errno => throw new PlatformException(errno, $"unable to access state file at path {Path}"),
    };

    /// <summary>When it was created; null if there is none.</summary>
    public DateTimeOffset? CreatedAt() => LibC.Status(Path, out var status) == Errno.Success ? status.ModifiedAt : null;

    /// <exception cref="StateException">The freeze itself can go on: its lines are warnings.</exception>
    public void Create()
    {
        var errno = LibC.Open(Path, LibC.O_CREAT | LibC.O_WRONLY, 0x180 /* 0600 */, out var file);
        file.Dispose();
        if (errno != Errno.Success)
            throw Unreliable("create", new PlatformException(errno, $"unable to open/create file {Path}"));
    }

    /// <exception cref="StateException">The thaw itself can go on: its lines are warnings.</exception>
    public void Remove()
    {
        if (LibC.Unlink(Path) is not Errno.Success and var errno)
            throw Unreliable("delete", new PlatformException(errno, $"unable to delete file: {Path}"));
    }

    private StateException Unreliable(string action, PlatformException cause) =>
        new($"unable to {action} {Path}, fsfreeze may not function properly", cause);
}
