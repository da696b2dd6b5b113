using Qga.Platform.Native;
using Qga.Platform.Storage;
using Qga.Testing;

namespace Qga.Platform.Tests.Storage;

public sealed class LinuxBlockInventoryTests : IDisposable
{
    private const string Vda = "pci0000:00/0000:00:02.0/virtio1/block/vda";
    private const string Xvda = "vbd-768/block/xvda";

    private static readonly DiskAddress VdaAddress =
        new() { Controller = new PciAddress(0, 0, 2, 0), Bus = DiskBus.Virtio, Node = "/dev/vda", Serial = "first disk" };

    private readonly SysfsTree _tree = new();

    private LinuxBlockInventory Blocks => new(_tree.Sysfs, _tree.Udev, _tree.Statistics);

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Disk_is_told_with_its_partitions_before_it()
    {
        AddVda();
        _tree.AddPartition(Vda, "vda1");
        _tree.AddDirectory($"{Vda}/vdax");
        _tree.AddDirectory($"{Vda}/queue");

        Assert.Equal(["/dev/vda1", "/dev/vda"], Blocks.Devices().Select(device => device.Node));
        Assert.Equal([true, false], Blocks.Devices().Select(device => device.IsPartition));
        Assert.Equal([["/dev/vda"], []], Blocks.Devices().Select(device => device.Dependencies));
        Assert.Equal([null, VdaAddress], Blocks.Devices().Select(device => device.Address));
    }

    [Theory]
    [InlineData("nvme0n1", "nvme0n1p1", true)]
    [InlineData("nvme0n1", "nvme0n11", true)]
    [InlineData("mmcblk0", "mmcblk0boot0", false)]
    [InlineData("md!x", "md!xp1", true)]
    [InlineData("sda", "sdap", false)]
    [InlineData("sda", "sdb1", false)]
    public void Partition_is_known_by_the_name_of_its_disk(string disk, string name, bool isPartition)
    {
        _tree.AddDisk($"platform/x/{disk}");
        _tree.AddPartition($"platform/x/{disk}", name);

        Assert.Equal(isPartition ? 2 : 1, Blocks.Devices().Count);
        Assert.Equal(disk.Replace('!', '/'), Blocks.Devices()[^1].Node["/dev/".Length..]);
    }

    [Fact]
    public void Mapping_has_its_alias_and_its_parts_but_no_address()
    {
        AddVda();
        _tree.AddDisk("virtual/block/dm-0", "I:1\nE:DM_NAME=vg-root\nE:ID_SERIAL=x\nS:disk/by-id/x\n");
        _tree.AddPart("virtual/block/dm-0", Vda);
        _tree.AddPart("virtual/block/dm-0", "nowhere/sdz");

        var mapping = Blocks.Devices().Single(device => device.Node == "/dev/dm-0");
        Assert.Equal("vg-root", mapping.Alias);
        Assert.Equal(["/dev/vda"], mapping.Dependencies);
        Assert.Null(mapping.Address);
    }

    [Fact]
    public void Disk_is_left_out_without_a_size_a_name_or_itself()
    {
        _tree.AddDisk("virtual/block/loop0", size: "0");
        _tree.AddDisk(Xvda);
        _tree.Remove($"devices/{Xvda}/uevent");
        _tree.AddDisk("platform/gone/sda");
        _tree.Remove("devices/platform/gone/sda");
        Directory.CreateDirectory($"{_tree.Sysfs}/block/directory");
        File.WriteAllText($"{_tree.Sysfs}/block/file", "");

        Assert.Empty(Blocks.Devices());
    }

    [Fact]
    public void Disk_without_a_directory_of_parts_has_no_dependencies()
    {
        AddVda();
        _tree.Remove($"devices/{Vda}/slaves");

        Assert.Null(Assert.Single(Blocks.Devices()).Dependencies);
    }

    [Fact]
    public void Serial_and_alias_are_unknown_when_udev_says_nothing_of_them()
    {
        _tree.AddDisk(Xvda, "E:ID_SERIAL=\nE:DM_NAME=\nE:ID_SERIAL_SHORT=x\nID_SERIAL=y\n");

        var disk = Assert.Single(Blocks.Devices());
        Assert.Equal(new DiskAddress { Node = "/dev/xvda" }, disk.Address);
        Assert.Null(disk.Alias);
    }

    [Fact]
    public void Without_a_directory_of_disks_there_is_no_list()
    {
        _tree.Remove("block");

        var failure = Assert.Throws<SystemCallException>(() => Blocks.Devices());
        Assert.Equal(Errno.ENOENT, failure.Errno);
        Assert.Equal("Can't open directory \"/sys/block\": No such file or directory", failure.Message);
    }

    [Fact]
    public void Filesystem_stands_on_the_disks_below_its_device()
    {
        AddVda();
        var partition = _tree.AddPartition(Vda, "vda1");
        _tree.AddDisk(Xvda);
        _tree.AddDisk("virtual/block/dm-0");
        _tree.AddPart("virtual/block/dm-0", $"{Vda}/vda1");
        _tree.AddPart("virtual/block/dm-0", "nowhere/sdz");
        var top = _tree.AddDisk("virtual/block/dm-1");
        _tree.AddPart("virtual/block/dm-1", "virtual/block/dm-0");
        _tree.AddPart("virtual/block/dm-1", Xvda);

        var onPartition = VdaAddress with { Node = "/dev/vda1", Serial = null };
        Assert.Equal("vda1", DeviceOf(partition).Name);
        Assert.Equal([onPartition], DeviceOf(partition).Disks);
        Assert.Equal("dm-1", DeviceOf(top).Name);
        Assert.Equal(["/dev/vda1", "/dev/xvda"], DeviceOf(top).Disks.Select(disk => disk.Node).Order());
    }

    [Fact]
    public void Devices_that_are_made_of_each_other_stand_on_what_else_there_is()
    {
        AddVda();
        _tree.AddDisk("virtual/block/dm-0");
        var second = _tree.AddDisk("virtual/block/dm-1");
        _tree.AddPart("virtual/block/dm-0", "virtual/block/dm-1");
        _tree.AddPart("virtual/block/dm-1", "virtual/block/dm-0");
        _tree.AddPart("virtual/block/dm-1", "virtual/block/dm-1");
        _tree.AddPart("virtual/block/dm-0", Vda);

        Assert.Equal([VdaAddress], DeviceOf(second).Disks);
    }

    [Fact]
    public void Filesystem_goes_by_the_number_of_a_device_that_is_not_there()
    {
        Assert.Equal("241:7", DeviceOf("241:7").Name);
        Assert.Empty(DeviceOf("241:7").Disks);
    }

    [Fact]
    public void Link_that_leads_out_of_sysfs_is_none()
    {
        File.CreateSymbolicLink($"{_tree.Sysfs}/block/out", "/etc");
        File.CreateSymbolicLink($"{_tree.Sysfs}/dev/block/9:9", "../../../../../../../../../etc");

        Assert.Empty(Blocks.Devices());
        Assert.Equal("9:9", DeviceOf("9:9").Name);
    }

    [Fact]
    public void Counters_come_from_the_kernels_table()
    {
        _tree.WriteStatistics("8 0 s\xFF 1 2 3 4\n");

        Assert.Equal("s\uDCFF", Assert.Single(Blocks.Statistics()).Name);
        File.Delete(_tree.Statistics);
        Assert.Equal(
            "Could not open '/proc/diskstats': No such file or directory", Assert.Throws<SystemCallException>(() => Blocks.Statistics()).Message);
    }

    [Fact]
    public void Usage_of_a_filesystem_adds_up()
    {
        var usage = Blocks.UsageOf(new MountPoint("/", "ext4", default))!;

        Assert.InRange(usage.Used, 1ul, usage.Total);
        Assert.InRange(usage.Total, 1ul, usage.TotalPrivileged);
        Assert.Null(Blocks.UsageOf(new MountPoint("/nonexistent \uDCFF", "ext4", default)));
    }

    private void AddVda()
    {
        _tree.AddDriver("pci0000:00/0000:00:02.0", "virtio-pci");
        _tree.AddDisk(Vda, "E:ID_SERIAL=first disk\n");
    }

    private FileSystemDevice DeviceOf(string number) => Blocks.DeviceOf(DeviceNumber.Parse(number)!.Value);
}
