using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Qga.Platform.Native;

namespace Qga.Platform.Processes;

/// <summary>
/// Where an agent finds the program keepers of the agents before it: unix sockets in a directory that is root's alone, by state directory,
/// so that no two agents of a guest mix theirs up, and process. Others than root have none.
/// </summary>
internal static class KeeperAddress
{
    private const string Directory = "/run/qga";
    private const string Prefix = "keeper-";
    private const int WritableByOthers = 0x12; /* 0022 */

    /// <summary>The address of a keeper, in a directory that is made if it is missing.</summary>
    /// <returns>Null if there can be none.</returns>
    internal static string? Make(string stateDirectory, int process)
    {
        if (!Environment.IsPrivilegedProcess || IdOf(stateDirectory) is not { } id)
            return null;
        try
        {
            System.IO.Directory.CreateDirectory(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // Whoever else may make a socket there could be taken for a keeper.
        return LibC.Status(Directory, out var status) == Errno.Success && status.Uid == LibC.EffectiveUserId() && (status.Mode & WritableByOthers) == 0
            ? $"{Directory}/{Prefix}{id}-{process.ToString(CultureInfo.InvariantCulture)}"
            : null;
    }

    /// <summary>The addresses of keepers for a state directory, also of those that were killed.</summary>
    internal static IReadOnlyList<string> All(string stateDirectory) =>
        Environment.IsPrivilegedProcess && IdOf(stateDirectory) is { } id && LibC.List(Directory, out var names) == Errno.Success
            ? [.. names.Where(name => name.StartsWith($"{Prefix}{id}-", StringComparison.Ordinal)).Select(name => $"{Directory}/{name}")]
            : [];

    /// <summary>
    /// Whether at the other end is a process as we are: of our user, of the executable that we are, or that was in our place before an
    /// upgrade, and with the filesystems that we see, so not one in a container that was given the directory.
    /// </summary>
    internal static bool IsOurs(SafeFileHandle connection) =>
        LibC.PeerCredentials(connection, out var peer) == Errno.Success
        && peer.User == LibC.EffectiveUserId()
        && peer.Process > 0
        && ExecutableOf($"{peer.Process}") is { } executable && executable == ExecutableOf("self")
        && LibC.ReadLink($"/proc/{peer.Process}/ns/mnt", out var theirs) == Errno.Success
        && LibC.ReadLink("/proc/self/ns/mnt", out var ours) == Errno.Success
        && theirs == ours;

    private static string? ExecutableOf(string process)
    {
        const string Deleted = " (deleted)";
        if (LibC.ReadLink($"/proc/{process}/exe", out var path) != Errno.Success)
            return null;
        return path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
    }

    /// <summary>The directory is one whatever the path to it is.</summary>
    private static string? IdOf(string stateDirectory) => LibC.Status(stateDirectory, out var status) == Errno.Success
        ? string.Create(CultureInfo.InvariantCulture, $"{status.DeviceMajor}:{status.DeviceMinor}:{status.Inode}")
        : null;
}
