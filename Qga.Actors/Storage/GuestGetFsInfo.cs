using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Storage;
using Qga.Transport.Protocol;

namespace Qga.Actors.Storage;

/// <summary><c>guest-get-fsinfo</c>: what is mounted, how full it is, and on which disks; the last mounted first.</summary>
public sealed record GuestGetFsInfo : ICommand<GuestStorage>
{
    public static GuestGetFsInfo Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells what is mounted, how full it is, and on which disks; the last mounted first.")
    {
        Since = "2.2",
        Result = SchemaType.ListOf(SchemaType.StructureOf(
            "GuestFilesystemInfo",
            "A mounted filesystem on a block device.",
            new("name", SchemaType.Text, "the kernel's name of the device"),
            new("mountpoint", SchemaType.Text, "where it is mounted"),
            new("type", SchemaType.Text, "its kind, such as ext4 or xfs"),
            new("used-bytes", SchemaType.UnsignedInteger, "what is taken") { IsOptional = true, Unit = "bytes" },
            new("total-bytes", SchemaType.UnsignedInteger, "what is taken, and what ordinary users can still take")
            {
                IsOptional = true,
                Unit = "bytes",
            },
            new("total-bytes-privileged", SchemaType.UnsignedInteger, "all there is, what is kept for root included; since 9.1")
            {
                IsOptional = true,
                Unit = "bytes",
            },
            new("disk", SchemaType.ListOf(DiskAddressText.Schema), "the disks that it is on"))),
        Notes = ["The sizes are left out for a filesystem that doesn't answer within a second; qemu-ga hangs with it."],
    };

    public IQmpValue Execute(GuestStorage storage)
    {
        var mountPoints = storage.FileSystems.MountPoints();
        var awaitUsages = storage.Usages.Ask(mountPoints);
        var devices = mountPoints.Select(mountPoint => storage.Blocks.DeviceOf(mountPoint.Device)).ToList();
        var names = new MountPointNames(mountPoints);
        var usages = awaitUsages();
        var all = new List<FileSystem>(mountPoints.Count);
        for (var i = mountPoints.Count - 1; i >= 0; i--)
            all.Add(new FileSystem(names.Of(mountPoints[i]), mountPoints[i].Type, devices[i], usages[i]));
        return QmpValue.ListOf(all, Write);
    }

    private static void Write(QmpWriter json, FileSystem fileSystem)
    {
        json.WriteMember("name", fileSystem.Device.Name);
        json.WriteMember("mountpoint", fileSystem.MountPoint);
        json.WriteMember("type", fileSystem.Type);
        json.WriteOptionalMember("used-bytes", fileSystem.Usage?.Used);
        json.WriteOptionalMember("total-bytes", fileSystem.Usage?.Total);
        json.WriteOptionalMember("total-bytes-privileged", fileSystem.Usage?.TotalPrivileged);
        json.WriteListMember("disk", fileSystem.Device.Disks, DiskAddressText.Write);
    }

    private sealed record FileSystem(string MountPoint, string Type, FileSystemDevice Device, FileSystemUsage? Usage);
}
