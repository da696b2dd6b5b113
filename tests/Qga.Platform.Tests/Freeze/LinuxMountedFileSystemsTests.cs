using Qga.Platform.Freeze;
using Qga.Platform.Native;
using Qga.Platform.Storage;
using Qga.Platform.Tests.Storage;
using Qga.Testing;

namespace Qga.Platform.Tests.Freeze;

/// <summary>The tables and devices are made up; nothing is frozen.</summary>
public sealed class LinuxMountedFileSystemsTests : IDisposable
{
    private readonly ScratchDirectory _process = new();
    private readonly FakeSysfs _sysfs = new();
    private readonly LinuxMountedFileSystems _freezer;

    public LinuxMountedFileSystemsTests() => _freezer = new LinuxMountedFileSystems(_process.Root, _sysfs.Devices);

    public void Dispose()
    {
        _process.Dispose();
        _sysfs.Dispose();
    }

    [Fact]
    public void Mount_points_are_those_of_mountinfo()
    {
        _process.Write("mountinfo", "20 1 8:1 / /a\\040b rw - ext4 /dev/sda1 rw\n21 1 0:5 / /tmp rw - tmpfs tmpfs rw\n");
        _process.Write("mounts", "/nonexistent /c ext4 rw 0 0\n");

        Assert.Equal([new("/a b", "ext4", new DeviceNumber(8, 1))], _freezer.MountPoints());
    }

    [Fact]
    public void Mount_points_are_those_of_mounts_where_there_is_no_mountinfo()
    {
        _process.Write("mounts", $"{_process.Root} /a none rw 0 0\n{_process.Root}/missing /b ext4 rw 0 0\n");

        Assert.Equal([new("/b", "ext4", default)], _freezer.MountPoints());
    }

    [Fact]
    public void Missing_tables_are_a_failure() => Assert.Equal(
        "failed to open mtab file: '/proc/self/mounts'", Assert.Throws<PlatformException>(_freezer.MountPoints).Message);

    [Fact]
    public void Filesystem_is_frozen_before_the_one_with_its_device()
    {
        _sysfs.AddLoop(0, "/later/img");
        _process.Write("mountinfo", """
            20 1 8:1 / / rw - ext4 /dev/sda1 rw
            21 20 7:0 / /loop rw - ext4 /dev/loop0 rw
            22 20 8:2 / /later rw - ext4 /dev/sda2 rw
            23 20 8:3 / /last rw - ext4 /dev/sda3 rw

            """);

        var mountPoints = _freezer.MountPoints();

        Assert.Equal(["/last", "/loop", "/later", "/"], PathsOf(_freezer.FreezeOrder(mountPoints)));
        Assert.Equal(["/later", "/"], PathsOf(_freezer.FreezeOrder([mountPoints[0], mountPoints[2]])));

        static IEnumerable<string> PathsOf(IEnumerable<MountPoint> order) => order.Select(mountPoint => mountPoint.Path);
    }

    [Fact]
    public void Order_is_the_reverse_where_there_is_no_mountinfo()
    {
        MountPoint[] mountPoints = [new("/a", "ext4", default), new("/b", "ext4", new DeviceNumber(8, 1))];

        Assert.Equal(mountPoints.Reverse(), _freezer.FreezeOrder(mountPoints));
    }

    [Fact]
    public void Filesystems_that_hold_one_another_are_refused()
    {
        _sysfs.AddLoop(0, "/b/img");
        _sysfs.AddLoop(1, "/a/img");
        _process.Write("mountinfo", "21 20 7:0 / /a rw - ext4 /dev/loop0 rw\n22 20 7:1 / /b rw - ext4 /dev/loop1 rw\n");

        var failure = Assert.Throws<FreezeException>(() => _freezer.FreezeOrder(_freezer.MountPoints()));

        Assert.Equal("failed to freeze /b: its device depends on /a, which depends on /b", failure.Message);
    }

    [Fact]
    public void Progress_of_a_btrfs_is_that_of_all_its_devices()
    {
        var first = _sysfs.AddLoop(0, "/a");
        _sysfs.AddLoop(1, "/b");
        _sysfs.AddBtrfs("id", "loop0", "loop1");
        _sysfs.Write("loop0", "stat", "0 0 0 0 5 0 7 0 0 0 0\n");
        _sysfs.Write("loop1", "stat", "0 0 0 0 11 0 13 0 0 0 0\n");

        Assert.Equal(36, _freezer.WriteProgress(new MountPoint("/x", "btrfs", first)));
        Assert.Equal(12, _freezer.WriteProgress(new MountPoint("/x", "ext4", first)));
        Assert.Null(_freezer.WriteProgress(new MountPoint("/x", "ext4", new DeviceNumber(99, 99))));
    }
}
