using Qga.Platform.Freeze;
using Qga.Platform.Native;
using Qga.Platform.Storage;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze;

/// <summary>Nothing is frozen here: it would be this machine.</summary>
public sealed class OpenMountPointTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Mount_point_that_is_missing_is_named()
    {
        var failure = Assert.Throws<UnreachableMountPointException>(() => Open(_scratch.PathOf("none")));

        Assert.Equal($"failed to open {_scratch.PathOf("none")}: No such file or directory", failure.Message);
    }

    [Fact]
    public void Mount_point_may_be_any_file()
    {
        TestLibC.MakeFifo(_scratch.PathOf("fifo"));

        Open(_scratch.Root).Dispose();
        Open(_scratch.Write("file", "")).Dispose();
        Open(_scratch.PathOf("fifo")).Dispose();
    }

    [Fact]
    public void Mount_point_need_not_be_utf8()
    {
        Directory.CreateDirectory(_scratch.PathOf("directory"));
        var path = _scratch.PathOf("directory/x\uDCE9");
        Assert.Equal(Errno.Success, LibC.Open(path, LibC.O_CREAT | LibC.O_WRONLY, FileModes.OwnersFile, out var file));
        file.Dispose();

        Open(path).Dispose();

        // .NET can't name the file.
        Assert.Equal(Errno.Success, LibC.Unlink(path));
    }

    [Fact]
    public void Filesystem_is_opened_where_a_path_leads_to_it()
    {
        var root = new MountPlace(_scratch.Root, Mount: null, IsHidden: false);
        var proc = root with { Path = "/proc" };
        var device = DeviceOf(_scratch.Root);

        Assert.Equal(device, DeviceOfOpen(root));
        Assert.Equal(device, DeviceOfOpen(proc, root));
        Assert.Equal(device, DeviceOfOpen(root with { Path = "/nowhere" }, root with { Path = "/dev/null/x" }, root));
        Assert.Equal(device, DeviceOfOpen(root with { Path = "/proc/1/root", IsHidden = true }, root));

        DeviceNumber DeviceOfOpen(params MountPlace[] places)
        {
            using var open = OpenMountPoint.Open(new MountPoint("/x", "ext4", device) { Places = places });
            Assert.Equal(Errno.Success, LibC.Status(open.Descriptor, out var status));
            return new DeviceNumber(status.DeviceMajor, status.DeviceMinor);
        }
    }

    [Fact]
    public void Filesystem_that_no_path_leads_to_is_unreachable()
    {
        var root = new MountPlace(_scratch.Root, Mount: null, IsHidden: false);
        var device = DeviceOf(_scratch.Root);
        var other = device with { Minor = device.Minor + 1 };

        AssertUnreachable("another filesystem is mounted over it", other, root);
        AssertUnreachable("another filesystem is mounted over it", device, root with { IsHidden = true });
        AssertUnreachable("No such file or directory", device, root with { Path = "/nowhere" }, root with { IsHidden = true });

        static void AssertUnreachable(string reason, DeviceNumber device, params MountPlace[] places)
        {
            var mountPoint = new MountPoint("/x", "ext4", device) { Places = places };
            var failure = Assert.Throws<UnreachableMountPointException>(() => OpenMountPoint.Open(mountPoint));
            Assert.Equal((mountPoint, reason), (failure.MountPoint, failure.Reason));
            Assert.Equal($"failed to open /x: {reason}", failure.Message);
        }
    }

    /// <summary>The files of a btrfs have other devices than itself.</summary>
    [Fact]
    public void Btrfs_is_told_by_its_mounts()
    {
        Assert.Equal(Errno.Success, LibC.Open("/proc", LibC.O_PATH, out var file));
        Assert.Equal(Errno.Success, LibC.Status(file, out var status));
        file.Dispose();
        Assert.True(status.HasMountId);

        Btrfs((int)status.MountId).Dispose();
        Assert.Throws<UnreachableMountPointException>(() => Btrfs((int)status.MountId + 1));

        static OpenMountPoint Btrfs(int mount) => OpenMountPoint.Open(
            new MountPoint("/proc", "btrfs", new DeviceNumber(8, 1)) { Places = [new MountPlace("/proc", mount, IsHidden: false)] });
    }

    [Fact]
    public void Filesystem_that_trims_nothing_says_so()
    {
        using var open = Open("/proc");

        var failure = Assert.Throws<SystemCallException>(() => open.Trim(0));

        Assert.Equal("failed to trim: Inappropriate ioctl for device", failure.Message);
        Assert.Equal(Errno.ENOTTY, failure.Errno);
    }

    [Fact]
    public void Filesystem_that_can_not_be_frozen_is_no_failure()
    {
        using var open = Open("/proc");

        Assert.Equal(FreezeResult.Unsupported, open.TryFreeze());
        Assert.False(open.TryThaw());
    }

    private static DeviceNumber DeviceOf(string path)
    {
        Assert.Equal(Errno.Success, LibC.Status(path, out var status));
        return new DeviceNumber(status.DeviceMajor, status.DeviceMinor);
    }

    private static OpenMountPoint Open(string path) => OpenMountPoint.Open(new MountPoint(path, "ext4", default));
}
