using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;
using Qga.Platform.Trust;

namespace Qga.Platform.Audit;

/// <summary>
/// The directory of the audit file, held by a descriptor. It must be root's, or ours, and nobody else may write to it; what is on the way to
/// it counts only where a link could lead elsewhere, as /var/log belongs to a group of the system's log on some distributions.
/// </summary>
internal static class AuditDirectory
{
    /// <summary>Opens it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="makes">Whether it is made if it alone is missing.</param>
    /// <param name="directory">The descriptor, for names in it; in any case the caller disposes of it.</param>
    /// <returns>Why no record is written there; null if records are.</returns>
    internal static string? Open(string path, bool makes, out SafeFileHandle directory)
    {
        directory = new SafeFileHandle();
        var errno = LibC.LinkStatus(path, out var found);
        if (errno == Errno.ENOENT && makes)
            _ = LibC.MakeDirectory(path, FileModes.OwnersDirectory);
        var isLink = errno == Errno.Success && found.IsSymbolicLink;
        if (isLink && FileTrust.Weakness(path) is { } weakness)
            return $"{path} is a symbolic link, and {weakness}";
        errno = LibC.Open(path, LibC.O_PATH | LibC.O_DIRECTORY | (isLink ? 0 : LibC.O_NOFOLLOW), out directory);
        if (errno == Errno.Success)
            errno = LibC.Status(directory, out found);
        return errno != Errno.Success ? $"{path}: {LibC.TextOf(errno)}"
            : found.Uid != 0 && found.Uid != LibC.EffectiveUserId() ? $"{path} belongs to user {found.Uid}"
            : found.IsWritableByOthers ? $"{path} is writable by group or others (mode {FileModes.Octal(found.Permissions)})"
            : null;
    }

    /// <summary>The directory of a file.</summary>
    internal static string Of(string path) => path.LastIndexOf('/') is > 0 and var end ? path[..end] : "/";

    /// <summary>The name of a file in it.</summary>
    internal static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
