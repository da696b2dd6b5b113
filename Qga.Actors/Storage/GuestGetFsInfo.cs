using Qga.Actors.Commands;
using Qga.Platform.Storage;
using Qga.Transport.Protocol;

namespace Qga.Actors.Storage;

/// <summary><c>guest-get-fsinfo</c>: what is mounted, how full it is, and on which disks; the last mounted first.</summary>
public sealed record GuestGetFsInfo : ICommand<GuestStorage>
{
    public static GuestGetFsInfo Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(GuestStorage storage)
    {
        var mountPoints = storage.FileSystems.MountPoints();
        var awaitUsages = storage.Usages.Ask(mountPoints);
        var devices = mountPoints.Select(mountPoint => storage.Blocks.DeviceOf(mountPoint.Device)).ToList();
        var usages = awaitUsages();
        var all = new List<FileSystem>(mountPoints.Count);
        for (var i = mountPoints.Count - 1; i >= 0; i--)
            all.Add(new FileSystem(mountPoints[i], devices[i], usages[i]));
        return QmpValue.ListOf(all, Write);
    }

    private static void Write(QmpWriter json, FileSystem fileSystem)
    {
        json.WriteMember("name", fileSystem.Device.Name);
        json.WriteMember("mountpoint", fileSystem.MountPoint.Path);
        json.WriteMember("type", fileSystem.MountPoint.Type);
        json.WriteOptionalMember("used-bytes", fileSystem.Usage?.Used);
        json.WriteOptionalMember("total-bytes", fileSystem.Usage?.Total);
        json.WriteOptionalMember("total-bytes-privileged", fileSystem.Usage?.TotalPrivileged);
        json.WriteListMember("disk", fileSystem.Device.Disks, DiskAddressText.Write);
    }

    private sealed record FileSystem(MountPoint MountPoint, FileSystemDevice Device, FileSystemUsage? Usage);
}
