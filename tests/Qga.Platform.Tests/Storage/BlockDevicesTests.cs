using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Platform.Tests.Storage;

public sealed class BlockDevicesTests : IDisposable
{
    private static readonly DeviceNumber Unknown = new(99, 99);

    private readonly FakeSysfs _sysfs = new();

    private BlockDevices Devices => _sysfs.Devices;

    public void Dispose() => _sysfs.Dispose();

    [Fact]
    public void Partition_is_part_of_its_disk()
    {
        var disk = _sysfs.Add("sda", new(8, 0));
        var partition = _sysfs.AddPartition("sda", "sda1", new(8, 1));

        Assert.Equal([disk], Devices.PartsOf(partition));
        Assert.Empty(Devices.PartsOf(disk));
        Assert.Equal("sda1", Devices.NameOf(partition));
    }

    [Fact]
    public void Mapping_is_made_of_its_parts()
    {
        var first = _sysfs.Add("sda", new(8, 0));
        var second = _sysfs.Add("sdb", new(8, 16));
        var mapping = _sysfs.Add("dm-0", new(253, 0), "sda", "sdb");

        Assert.Equal([first, second], Devices.PartsOf(mapping).OrderBy(part => part.Minor));
    }

    [Fact]
    public void Mapping_is_suspended_or_not()
    {
        var mapping = _sysfs.Add("dm-3", new(253, 3));
        _sysfs.Write("dm-3", "dm/suspended", "0\n");
        Assert.False(Devices.IsSuspended(mapping));

        _sysfs.Write("dm-3", "dm/suspended", "1\n");
        Assert.True(Devices.IsSuspended(mapping));
    }

    [Theory]
    [InlineData("/images/a")]
    [InlineData("/with\nlines and blanks ")]
    [InlineData("/gone (deleted)")]
    public void Loop_device_names_its_file(string path) =>
        Assert.Equal(path, Devices.BackingFileOf(_sysfs.AddLoop(0, path)));

    [Fact]
    public void Btrfs_names_its_devices()
    {
        var first = _sysfs.AddLoop(0, "/a");
        var second = _sysfs.AddLoop(1, "/b");
        _sysfs.AddBtrfs("id", "loop0", "loop1");
        _sysfs.AddBtrfs("features");

        Assert.Equal([first, second], Assert.Single(Devices.BtrfsFileSystems()).OrderBy(member => member.Minor));
    }

    [Theory]
    [InlineData("1 2 3 4 100 6 20 8 9 10 11\n", 120)]
    [InlineData("  1 2 3 4 100 6 20 8 9 10 11 3000 13 4000 15\n", 7120)]
    [InlineData("  1 2 3 4 100 6 20 8 9 10 11 3000 13 4000 15 50000 17\n", 57120)]
    [InlineData("", 0)]
    [InlineData("what is this\n", 0)]
    public void Writes_discards_and_flushes_are_counted(string counters, long sum)
    {
        var disk = _sysfs.Add("sda", new(8, 0));
        _sysfs.Write("sda", "stat", counters);

        Assert.Equal(sum, Devices.WritesOf(disk));
    }

    [Fact]
    public void Writes_are_unknown_when_the_disk_does_not_count()
    {
        _sysfs.Add("sda", new(8, 0));
        var partition = _sysfs.AddPartition("sda", "sda1", new(8, 1));
        _sysfs.Write("sda/sda1", "stat", "1 2 3 4 100 6 20 8 9 10 11\n");
        _sysfs.Write("sda", "queue/iostats", "1\n");
        Assert.Equal(120, Devices.WritesOf(partition));

        _sysfs.Write("sda", "queue/iostats", "0\n");
        Assert.Null(Devices.WritesOf(partition));
    }

    [Fact]
    public void Unknown_device_is_of_no_kind()
    {
        Assert.Empty(Devices.PartsOf(Unknown));
        Assert.Null(Devices.BackingFileOf(Unknown));
        Assert.Null(Devices.LoopFileOf(Unknown));
        Assert.Null(Devices.WritesOf(Unknown));
        Assert.False(Devices.IsSuspended(Unknown));
        Assert.Empty(Devices.BtrfsFileSystems());
        Assert.Equal("99:99", Devices.NameOf(Unknown));
    }

    [Fact]
    public void Only_the_node_of_a_block_device_is_one()
    {
        Assert.Null(BlockDevices.Find("/dev/null"));
        Assert.Null(BlockDevices.Find("/"));
        Assert.Null(BlockDevices.Find("/nonexistent"));
    }
}
