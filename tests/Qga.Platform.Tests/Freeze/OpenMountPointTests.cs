using System.Text;
using Qga.Platform.Freeze;
using Qga.Platform.Native;
using Qga.Platform.Proc;
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
        var failure = Assert.Throws<PlatformException>(() => Open(_scratch.PathOf("none")));

        Assert.Equal($"failed to open {_scratch.PathOf("none")}: No such file or directory", failure.Message);
        Assert.Equal(Errno.ENOENT, failure.Errno);
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
        byte[] path = [.. Encoding.UTF8.GetBytes(_scratch.PathOf("directory/x")), 0xE9];
        Assert.Equal(Errno.Success, LibC.Open([.. path, 0], LibC.O_CREAT | LibC.O_WRONLY, 0x180 /* 0600 */, out var file));
        file.Dispose();

        Open(KernelPath.Decode(path)).Dispose();

        // .NET can't name the file.
        Assert.Equal(0, ProcessRun.Of("rm", ["-r", _scratch.PathOf("directory")]).ExitCode);
    }

    [Fact]
    public void Mount_point_is_hidden_when_its_path_leads_to_another_device()
    {
        Assert.Equal(Errno.Success, LibC.Status(_scratch.Root, out var status));
        var device = new DeviceNumber(status.DeviceMajor, status.DeviceMinor);
        var other = device with { Minor = device.Minor + 1 };

        Assert.False(IsHidden("ext4", device));
        Assert.True(IsHidden("ext4", other));
        Assert.False(IsHidden("btrfs", other));
        Assert.False(IsHidden("ext4", default));

        bool IsHidden(string type, DeviceNumber device)
        {
            using var open = OpenMountPoint.Open(new MountPoint(_scratch.Root, type, device));
            return open.IsHidden;
        }
    }

    [Fact]
    public void Filesystem_that_trims_nothing_says_so()
    {
        using var open = Open("/proc");

        var failure = Assert.Throws<PlatformException>(() => open.Trim(0));

        Assert.Equal("failed to trim: Inappropriate ioctl for device", failure.Message);
        Assert.Equal(Errno.ENOTTY, failure.Errno);
    }

    [Fact]
    public void Filesystem_that_can_not_be_frozen_is_no_failure()
    {
        using var open = Open("/proc");

        Assert.False(open.TryFreeze());
        Assert.False(open.TryThaw());
    }

    private static OpenMountPoint Open(string path) => OpenMountPoint.Open(new MountPoint(path, "ext4", default));
}
