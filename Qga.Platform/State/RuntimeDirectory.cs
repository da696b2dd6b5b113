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
    public static bool TryMake(bool isFrozen) => TryMake(Path, isFrozen);

    /// <summary>As <see cref="TryMake(bool)"/>, for another directory.</summary>
    internal static bool TryMake(string path, bool isFrozen)
    {
        var existing = LibC.LinkStatus(path, out _) == Errno.Success ? path : System.IO.Path.GetDirectoryName(path)!;
        if (!Environment.IsPrivilegedProcess || isFrozen && !LibC.IsInMemory(existing))
            return false;
        try
        {
            Directory.CreateDirectory(path, FileModes.OwnersDirectory);
            return LibC.LinkStatus(path, out var status) == Errno.Success && status.IsDirectory && status.Uid == LibC.EffectiveUserId()
                && (File.GetUnixFileMode(path) & ~FileModes.OwnersDirectory) == UnixFileMode.None && LibC.IsWritable(path) == Errno.Success;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
