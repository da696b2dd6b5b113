using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Inventory;
using Qga.Testing;

namespace Qga.Host.Tests.Storage;

/// <summary>The real qemu-ga and ours tell the same of this machine, and of others that are only a tree of files.</summary>
public sealed class PeerStorageTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly SysfsTree _tree = new();
    private readonly List<string> _mounts = [];
    private string _last = "";

    public void Dispose()
    {
        _scratch.Dispose();
        _tree.Dispose();
    }

    [PeerFact]
    public void Filesystems_of_this_machine()
    {
        using var pair = new AgentPair();

        var peer = pair.AssertSameOfThisMachine(Qmp.Request("guest-get-fsinfo"), all =>
        {
            // Others write meanwhile.
            foreach (var mount in all)
                mount["used-bytes"]?.Parent!.Remove();
        });
        Assert.NotEmpty(peer);
    }

    [PeerFact]
    public void Disks_of_this_machine()
    {
        using var pair = new AgentPair();

        Assert.NotEmpty(pair.AssertSameOfThisMachine(Qmp.Request("guest-get-disks")));
    }

    [PeerFact]
    public void Counters_of_this_machine_have_the_same_names()
    {
        using var pair = new AgentPair();

        Assert.NotEmpty(pair.AssertSameOfThisMachine(Qmp.Request("guest-get-diskstats"), all =>
        {
            foreach (var counter in all.SelectMany(disk => disk["stats"]!.Children<JProperty>()))
                counter.Value = 0;
        }));
    }

    [PeerFact(NeedsRoot = true)]
    public void Disks_on_every_kind_of_controller()
    {
        AddOnPci(0x02, "virtio-pci", "virtio1/block/vda", "E:ID_SERIAL=a serial\nE:DM_NAME=x\n");
        AddPartition("vda1");
        AddPartition("vda15");
        AddOnPci(0x03, "virtio-pci", "virtio2/host2/target2:0:3/2:0:3:5/block/sda");
        AddOnPci(0x04, "virtio-pci", "virtio3/host1/block/sdb");
        AddOnPci(0x05, "ahci", "ata10/host9/target9:0:0/9:0:0:0/block/sdc", "E:ID_SERIAL=first\nE:ID_SERIAL=second\n", "ata4", "ata2", "ata_port");
        AddOnPci(0x06, "ahci", "host9/target9:0:0/9:0:0:0/block/sdd", null, "host3");
        AddOnPci(0x07, "ahci", "block/sde");
        AddOnPci(0x08, "ata_piix", "ata5/host4/target4:0:1/4:0:1:0/block/sdf", null, "ata4");
        AddOnPci(0x09, "ata_piix", "ata5/host4/block/sdg");
        AddOnPci(0x0A, "sym53c8xx", "host11/target11:0:2/11:0:2:7/block/sdh");
        AddOnPci(0x0B, "nvme", "nvme/nvme0/nvme0n1");
        AddPartition("nvme0n1p1");
        AddOnPci(0x0C, "xhci_hcd", "usb1/1-1/1-1:1.0/host7/target7:0:0/7:0:0:0/block/sdi");
        AddOnPci(0x0D, "ehci-pci", "usb1/1-1/1-1:1.0/host8/target8:0:0/8:0:0:0/block/sdj");
        AddOnPci(0x0E, "megaraid_sas", "host12/target12:2:0/12:2:0:0/block/sdk", "E:ID_SERIAL=only this\n");
        _tree.AddDriver("pci0000:00/0000:00:1f.0/0000:02:00.0/0000:03:1a.1", "nvme");
        Add("pci0000:00/0000:00:1f.0/0000:02:00.0/0000:03:1a.1/nvme/nvme1/nvme1n1");
        Add("virtual/nvme-subsystem/nvme-subsys1/nvme2n1");
        Add("vbd-768/block/xvda");
        Add("css1/fe.1.0013/fd.2.1234/virtio3/host3/target3:0:1/3:0:1:4/block/sdl");
        Add("css0/0.0.0003/0.0.00ff/virtio3/block/vdb");
        Add("css0/0.0.0003/0.0.00ff/block/dasda");
        Add("platform/virtio-mmio.0/virtio4/block/vdc");
        Add("platform/virtio-mmio.1/virtio5/host1/target1:1:2/1:1:2:3/block/sdm");
        Add("platform/4010000000.pcie/pci0000:00/0000:00:01.0/virtio0/block/vdd");
        Add("platform/x.0/mmc_host/mmc0/mmc0:0001/block/mmcblk0");
        AddOnPci(0x0F, "virtio-pci", "virtio9/block/vde", "E:ID_SERIAL=caf\xC3\xA9\nE:ID_SERIAL=caf\xE9\n");

        AssertSameDisks(27);
    }

    [PeerFact(NeedsRoot = true)]
    public void Devices_that_are_made_of_others()
    {
        AddOnPci(0x02, "virtio-pci", "virtio1/block/vda", "E:ID_SERIAL=a serial\n");
        var disk = _last;
        AddPartition("vda1");
        Add("vbd-768/block/xvda");
        Add("virtual/block/dm-0", "E:DM_NAME=vg-root\nE:ID_SERIAL=unseen\n");
        _tree.AddPart(_last, $"{disk}/vda1");
        _tree.AddPart(_last, "vbd-768/block/xvda");
        Add("virtual/block/dm-1", "E:DM_NAME=\n");
        _tree.AddPart(_last, "virtual/block/dm-0");
        _tree.AddPart(_last, disk);
        Add("virtual/block/md!x");
        AddPartition("md!xp1");
        _tree.AddPart(_last, "nowhere/sdz");
        _tree.AddPart(_last, "vbd-768/block/xvda");
        Add("virtual/block/dm-2", "E:DM_NAME=caf\xE9\xFF\n");
        _tree.Remove("devices/virtual/block/dm-2/slaves");
        Add("virtual/block/loop0", size: "0");
        Add("platform/nameless/sda");
        _tree.Remove("devices/platform/nameless/sda/uevent");
        _mounts.Add("90 1 241:7 / /nowhere\\040with\\134blank rw - ext4 /dev/x rw\n");
        _mounts.Add("91 1 241:8 / /nowhere/\xFC\\377\xC3\xBC rw - ext\xFC /dev/x rw\n");

        AssertSameDisks(8);
    }

    [PeerFact(NeedsRoot = true)]
    public void No_disks_at_all()
    {
        _tree.Remove("block");
        using var pair = new AgentPair(Start(PeerAgent.Command!), Start(PublishedAgent.Executable));

        Assert.Empty(pair.AssertSame(Qmp.Request("guest-get-fsinfo")));
        Assert.Empty(pair.AssertSame(Qmp.Request("guest-get-diskstats")));
        Assert.StartsWith("Can't open directory", pair.AssertSameError(Qmp.Request("guest-get-disks")), StringComparison.Ordinal);
    }

    [PeerFact(NeedsRoot = true)]
    public void Counters_of_odd_tables()
    {
        _tree.WriteStatistics(
            """
               7       0 loop0 44 0 88 1 256 117 1244 41 0 20 49 0 0 0 0 144 6
               8 1 sda1 1 2 3 4
               8 2 sda2 1 2 3
               8 3 sda3 1 2 3 4 5
               8 5 sda5 1 2 3 4 5 6 7 8 9 10 11
               8 6 sda6 1 2 3 4 5 6 7 8 9 10 11 12 13 14
               8 7 sda7 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
               8 8 sda8 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
               8 9 sda9 18446744073709551615 2 9223372036854775808 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
            junk

               8 x sda10 1 2 3 4 5 6 7 8 9 10 11
               8 11 sda!11 1 2 3 4 5 6 7 8 9 10 11
               8 12 sda12 1 2 3 4 5 x 7 8 9 10 11
               8 15 sda15 1 2 3 4 5 6 7
            """);
        using var pair = new AgentPair(Start(PeerAgent.Command!), Start(PublishedAgent.Executable));

        Assert.Equal(11, pair.AssertSame(Qmp.Request("guest-get-diskstats")).Count());
    }

    private Func<AgentUnderTest> Start(string agent) => () => new TreeAgent(_scratch, _tree, agent);

    private void AssertSameDisks(int count)
    {
        _tree.WriteMounts(string.Concat(_mounts));
        using var pair = new AgentPair(Start(PeerAgent.Command!), Start(PublishedAgent.Executable));

        Assert.Equal(count, pair.AssertSame(Qmp.Request("guest-get-disks")).Count());
        Assert.Equal(_mounts.Count, pair.AssertSame(Qmp.Request("guest-get-fsinfo")).Count());
    }

    private void AddOnPci(int slot, string driver, string path, string? udev = null, params string[] besides)
    {
        var controller = $"pci0000:00/0000:00:{slot:x2}.0";
        _tree.AddDriver(controller, driver);
        foreach (var directory in besides)
            _tree.AddDirectory($"{controller}/{directory}");
        Add($"{controller}/{path}", udev);
    }

    private void Add(string path, string? udev = null, string size = "2048")
    {
        Mount(path, _tree.AddDisk(path, udev, size));
        _last = path;
    }

    private void AddPartition(string name) => Mount(name, _tree.AddPartition(_last, name));

    /// <summary>As the table of mounts has it; nothing is really mounted.</summary>
    private void Mount(string path, string number) =>
        _mounts.Add($"{_mounts.Count + 20} 1 {number} / /nowhere/{Path.GetFileName(path)} rw - ext4 /dev/x rw\n");
}
