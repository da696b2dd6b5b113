using Qga.Platform.Native;

namespace Qga.Platform.Storage;

/// <summary>What makes a file this file, under whatever path: its filesystem and its number in it.</summary>
/// <param name="FileSystem">The device by stat(2), of major 0 for a btrfs and for what is on no block device.</param>
/// <param name="Inode">The file's number.</param>
internal readonly record struct FileIdentity(DeviceNumber FileSystem, ulong Inode)
{
    /// <summary>Null if there is no such file.</summary>
    public static FileIdentity? Of(string path) =>
        LibC.Status(path, out var status) == Errno.Success
            ? new FileIdentity(new DeviceNumber(status.DeviceMajor, status.DeviceMinor), status.Inode)
            : null;
}
