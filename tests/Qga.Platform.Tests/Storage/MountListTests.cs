using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Storage;

namespace Qga.Platform.Tests.Storage;

/// <summary>What the real qemu-ga 11.1 lists when it is given these tables.</summary>
public class MountListTests
{
    private static readonly Dictionary<string, DeviceNumber> BlockDevices = new()
    {
        ["/dev/loop3"] = new(7, 3),
        ["dev/loop3"] = new(7, 3),
        ["/dev/sda1"] = new(8, 1),
    };

    [Fact]
    public void First_mount_of_a_device_stands_for_it() => Assert.Equal(
        [new("/a", "ext4", new DeviceNumber(8, 1)), new("/c", "xfs", new DeviceNumber(8, 2))],
        List(
            "22 1 8:1 / /a rw - ext4 /dev/sda1 rw",
            "23 1 8:1 /dir /b rw - ext4 /dev/sda1 rw",
            "24 1 8:2 / /c rw - xfs /dev/sda2 rw",
            "25 1 8:2 / /c rw - xfs /dev/sda2 rw"));

    [Fact]
    public void Every_mount_of_a_device_is_a_place_to_reach_it_by()
    {
        var mountPoint = List(
            "22 1 8:1 / /a rw - ext4 /dev/sda1 ro",
            "23 1 8:1 /dir /b/c rw - ext4 /dev/sda1 ro",
            "24 22 0:5 / /a rw - tmpfs tmpfs rw",
            "25 1 0:5 / /b rw - tmpfs tmpfs rw",
            "26 25 8:1 / /b/d ro - ext4 /dev/sda1 ro")[0];

        Assert.Equal([new("/a", 22, true), new("/b/c", 23, true), new("/b/d", 26, false)], mountPoint.Places);
        Assert.False(mountPoint.IsHidden);
        Assert.True(mountPoint.IsReadOnly);
        Assert.Equal("/a (ext4 on /dev/sda1, 8:1)", $"{mountPoint}");
        Assert.True((mountPoint with { Places = [.. mountPoint.Places.Take(2)] }).IsHidden);
    }

    [Fact]
    public void Filesystem_is_local_if_all_on_the_way_to_each_of_its_places_is() => Assert.Equal(
        ["/", "/srv/disk"],
        List(
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
            "2 1 0:5 / /srv rw - tmpfs tmpfs rw",
            "3 2 8:2 / /srv/disk rw - xfs /dev/sda2 rw",
            "4 1 0:6 / /net rw - nfs4 server:/ rw",
            "5 4 8:3 / /net/disk rw - ext4 /dev/sda3 rw",
            "6 1 8:4 / /fuse rw - fuseblk /dev/sda4 rw",
            "7 1 8:5 / /both rw - ext4 /dev/sda5 rw",
            "8 4 8:5 / /net/both rw - ext4 /dev/sda5 rw")
            .Where(mountPoint => mountPoint.IsLocal).Select(mountPoint => mountPoint.Path));

    [Fact]
    public void Filesystem_without_a_block_device_is_not_listed() => Assert.Empty(List(
        "22 1 0:1 / /a rw - tmpfs tmpfs rw",
        "22 1 0:2 / /b rw - nfs server:/ rw",
        "22 1 0:3 / /c rw - ext4 /dev/sda1 rw"));

    [Fact]
    public void Btrfs_goes_by_the_device_that_it_names() => Assert.Equal(
        [new("/b", "btrfs", new DeviceNumber(7, 3)), new("/f", "btrfs", new DeviceNumber(8, 1))],
        List(
            "22 1 0:2 / /a rw - btrfs /dev/none rw",
            "22 1 0:2 / /b rw - btrfs /dev/loop3 rw",
            "22 1 0:2 /sub /c rw - btrfs /dev/loop3 rw",
            "22 1 0:9 / /d rw - btrfs dev/loop3 rw",
            "22 1 7:3 / /e rw - ext4 /dev/loop3 rw",
            "22 1 0:9 / /f rw - btrfs /dev/sda1 rw"));

    [Fact]
    public void Type_of_a_filesystem_on_a_device_does_not_matter() => Assert.Equal(
        ["/", "/swap", "/iso", "none"],
        List(
            "22 1 8:1 / / rw - rootfs x rw",
            "22 1 8:2 / /swap rw - swap x rw",
            "22 1 8:3 / /iso ro - iso9660 x ro",
            "22 1 8:4 / none rw - cifs //x/y rw").Select(mountPoint => mountPoint.Path));

    [Fact]
    public void Table_without_numbers_lists_sources_by_their_path() => Assert.Equal(
        [
            new("/a", "ext4", default),
            new("/d", "ext4", new DeviceNumber(7, 3)),
            new("/h", "tmpfs", new DeviceNumber(8, 1)),
        ],
        MountList.Of(
            MountTableEntry.Parse(
                """
                /dev/none /a ext4 rw 0 0
                dev/loop3 /b ext4 rw 0 0
                /directory /c none rw 0 0
                /dev/loop3 /d ext4 rw 0 0
                /dev/loop3 /e ext4 rw 0 0
                /dev/sda1 /f smbfs rw 0 0
                /dev/sda1 /g cifs rw 0 0
                /dev/sda1 /h tmpfs rw 0 0
                /file /i ext4 rw 0 0

                """u8),
            Find,
            source => source == "/directory"));

    private static IReadOnlyList<MountPoint> List(params string[] lines) =>
        MountList.Of(MountInfo.Parse(Encoding.UTF8.GetBytes(string.Join('\n', lines))), Find);

    private static DeviceNumber? Find(string source) => BlockDevices.TryGetValue(source, out var device) ? device : null;
}
