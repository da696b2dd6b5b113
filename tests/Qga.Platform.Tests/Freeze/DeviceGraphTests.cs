using System.Text;
using Qga.Platform.Freeze;
using Qga.Platform.Native;
using Qga.Platform.Proc;
using Qga.Platform.Storage;
using Qga.Platform.Tests.Storage;

namespace Qga.Platform.Tests.Freeze;

public sealed class DeviceGraphTests : IDisposable
{
    private const string Root = "20 1 8:1 / / rw - ext4 /dev/sda1 rw";

    private readonly FakeSysfs _sysfs = new();

    public void Dispose() => _sysfs.Dispose();

    [Fact]
    public void Disk_is_held_by_nobody()
    {
        _sysfs.Add("sda", new(8, 0));
        _sysfs.AddPartition("sda", "sda1", new(8, 1));
        _sysfs.AddPartition("sda", "sda2", new(8, 2));

        Assert.Equal("", Holders("/home", Root, "21 20 8:2 / /home rw - ext4 /dev/sda2 rw"));
    }

    [Theory]
    [InlineData("/img", "/")]
    [InlineData("/mnt/img", "/mnt")]
    [InlineData("/mnt/sub/dir/img", "/mnt")]
    [InlineData("/mntx/img", "/")]
    [InlineData("/mnt/img (deleted)", "/mnt")]
    [InlineData("/mnt/bound (deleted)", "/bound")]
    [InlineData("/tmp/img", "")]
    [InlineData("/mnt/tmp/img", "")]
    [InlineData("/net/img", "")]
    [InlineData("/stack/img", "/top")]
    [InlineData("", "")]
    [InlineData("img", "")]
    [InlineData("/", "/")]
    [InlineData("//", "/")]
    public void Loop_device_is_held_by_the_filesystem_with_its_file(string file, string holder)
    {
        _sysfs.AddLoop(0, file);

        Assert.Equal(holder, Holders(
            "/loop",
            Root,
            "21 20 8:2 / /mnt rw - ext4 /dev/sda2 rw",
            "22 21 8:9 /file /bound rw - ext4 /dev/sda9 rw",
            "22 21 8:9 /file /mnt/bound rw - ext4 /dev/sda9 rw",
            "22 20 0:30 / /tmp rw - tmpfs tmpfs rw",
            "23 21 0:31 / /mnt/tmp rw - tmpfs tmpfs rw",
            "24 20 0:32 / /net rw - nfs4 server:/ rw",
            "25 20 8:3 / /bottom rw - ext4 /dev/sda3 rw",
            "26 20 8:4 / /top rw - ext4 /dev/sda4 rw",
            "27 20 8:3 / /stack rw - ext4 /dev/sda3 rw",
            "28 27 8:4 / /stack rw - ext4 /dev/sda4 rw",
            "29 20 7:0 / /loop rw - ext4 /dev/loop0 rw"));
    }

    [Fact]
    public void Loop_device_may_stand_on_a_device()
    {
        _sysfs.AddLoop(0, "/img");
        _sysfs.AddLoop(1, "/dev/loop0");

        Assert.Equal("/", Holders(
            "/loop", Root, "21 20 0:6 / /dev rw - devtmpfs devtmpfs rw", "29 20 7:1 / /loop rw - ext4 /dev/loop1 rw"));
    }

    [Fact]
    public void Partition_of_a_loop_device_is_held_like_the_device()
    {
        _sysfs.AddLoop(0, "/img");
        _sysfs.AddPartition("loop0", "loop0p1", new(259, 0));

        Assert.Equal("/", Holders("/loop", Root, "29 20 259:0 / /loop rw - ext4 /dev/loop0p1 rw"));
    }

    [Fact]
    public void Mapping_is_held_by_all_that_hold_its_parts()
    {
        _sysfs.AddLoop(0, "/img");
        _sysfs.AddLoop(1, "/mnt/img");
        _sysfs.Add("dm-0", new(253, 0), "loop0", "loop1");
        _sysfs.Add("dm-1", new(253, 1), "dm-0");

        Assert.Equal("/ /mnt", Holders(
            "/mapped", Root, "21 20 8:2 / /mnt rw - ext4 /dev/sda2 rw", "29 20 253:1 / /mapped rw - ext4 /dev/mapper/x rw"));
    }

    [Fact]
    public void Btrfs_is_held_by_all_that_hold_its_devices_and_holds_files()
    {
        _sysfs.AddLoop(0, "/img");
        _sysfs.AddLoop(1, "/mnt/img");
        _sysfs.AddBtrfs("id", "loop0", "loop1");
        _sysfs.AddLoop(2, "/btrfs/img");
        string[] mounts =
        [
            Root,
            "21 20 8:2 / /mnt rw - ext4 /dev/sda2 rw",
            "22 20 0:50 / /btrfs rw - btrfs /dev/loop0 rw",
            "29 20 7:2 / /loop rw - ext4 /dev/loop2 rw",
        ];

        Assert.Equal("/ /mnt", Holders("/btrfs", mounts));
        Assert.Equal("/btrfs", Holders("/loop", mounts));
    }

    [Fact]
    public void File_on_an_overlay_is_on_the_filesystem_of_its_upper_directory()
    {
        _sysfs.AddLoop(0, "/overlay/over/img");

        Assert.Equal("/mnt", Holders(
            "/loop",
            Root,
            "21 20 8:2 / /mnt rw - ext4 /dev/sda2 rw",
            @"22 20 0:50 / /overlay rw - overlay overlay rw,lowerdir=/,upperdir=/mnt/upper\054,workdir=/mnt/work",
            "23 22 0:51 / /overlay/over rw - overlay overlay rw,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work",
            "29 20 7:0 / /loop rw - ext4 /dev/loop0 rw"));
    }

    [Theory]
    [InlineData("rw,lowerdir=/")]
    [InlineData("rw,upperdir=upper")]
    [InlineData("rw,upperdir=/overlay/upper")]
    [InlineData("")]
    public void Overlay_that_leads_nowhere_holds_nothing(string options)
    {
        _sysfs.AddLoop(0, "/overlay/img");

        Assert.Equal("", Holders(
            "/loop", Root, $"22 20 0:50 / /overlay rw - overlay overlay {options}", "29 20 7:0 / /loop rw - ext4 /dev/loop0 rw"));
    }

    [Fact]
    public void Filesystem_that_is_not_asked_for_is_looked_through()
    {
        _sysfs.AddLoop(0, "/img");
        _sysfs.AddLoop(1, "/mnt/img");
        string[] mounts = [Root, "21 20 7:0 / /mnt rw - ext4 /dev/loop0 rw", "22 20 7:1 / /loop rw - ext4 /dev/loop1 rw"];

        Assert.Equal("/mnt", Holders("/loop", mounts));
        Assert.Equal("/", HoldersAmong("/loop", listed => listed.Path != "/mnt", mounts));
    }

    [Fact]
    public void Filesystem_does_not_hold_its_own_device()
    {
        // A live system: the path is from before the root was mounted.
        _sysfs.AddLoop(0, "/filesystem.img");

        Assert.Equal("", Holders("/", "20 1 7:0 / / rw - ext4 /dev/loop0 rw"));
    }

    [Fact]
    public void Suspended_device_is_refused_by_name()
    {
        _sysfs.Add("dm-3", new(253, 3));
        _sysfs.Add("dm-4", new(253, 4), "dm-3");
        _sysfs.Write("dm-3", "dm/suspended", "1\n");
        _sysfs.Write("dm-4", "dm/suspended", "0\n");

        var failure = Assert.Throws<FreezeException>(
            () => Holders("/mapped", Root, "29 20 253:4 / /mapped rw - ext4 /dev/dm-4 rw"));

        Assert.Equal("failed to freeze /mapped: device dm-3 is suspended", failure.Message);
    }

    private string Holders(string path, params string[] lines) => HoldersAmong(path, _ => true, lines);

    private string HoldersAmong(string path, Func<MountPoint, bool> isListed, params string[] lines)
    {
        var mounts = MountInfo.Parse(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        var listed = MountList.Of(mounts, Find).Where(isListed).ToDictionary(mountPoint => mountPoint.Device);
        var holders = new DeviceGraph(mounts, _sysfs.Devices, Find)
            .HoldersOf(listed.Values.Single(mountPoint => mountPoint.Path == path), listed);
        return string.Join(' ', holders.Select(holder => holder.Path).Order(StringComparer.Ordinal));

        static DeviceNumber? Find(string source) => source == "/dev/loop0" ? new DeviceNumber(7, 0) : null;
    }
}
