using Qga.Platform.Native;

namespace Qga.Platform.State;

/// <summary>/run/qga: for sockets and locks of root's alone, which last as long as their processes. Each mount namespace has its own.</summary>
public static class RuntimeDirectory
{
    public const string Path = "/run/qga";

    /// <summary>Makes it unless it is there.</summary>
    /// <exception cref="IOException">It can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">We may not make it.</exception>
    public static void Make() => Directory.CreateDirectory(Path, FileModes.OwnersDirectory);

    /// <summary>Whether files can be made there now, and nobody but root sees them.</summary>
    /// <param name="isFrozen">Whether the guest is frozen: then only a filesystem in memory is sure to take them.</param>
    public static bool TryMake(bool isFrozen)
    {
        if (!Environment.IsPrivilegedProcess || isFrozen && !LibC.IsInMemory(LibC.LinkStatus(Path, out _) == Errno.Success ? Path : "/run"))
            return false;
        try
        {
            Make();
            return LibC.LinkStatus(Path, out var status) == Errno.Success && status.IsDirectory && status.Uid == LibC.EffectiveUserId()
                && (File.GetUnixFileMode(Path) & ~FileModes.OwnersDirectory) == UnixFileMode.None && LibC.IsWritable(Path) == Errno.Success;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
