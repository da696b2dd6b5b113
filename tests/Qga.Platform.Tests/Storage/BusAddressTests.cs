using Qga.Platform.Storage;
using Qga.Testing;

namespace Qga.Platform.Tests.Storage;

/// <summary>The addresses that the real qemu-ga 11.1 gives for the same trees.</summary>
public sealed class BusAddressTests : IDisposable
{
    private readonly SysfsTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("virtio-pci", "virtio1/block/vda", DiskBus.Virtio, 0, 0)]
    [InlineData("virtio-pci", "virtio1/block/vda/vda1", DiskBus.Virtio, 0, 0)]
    [InlineData("virtio-pci", "virtio1/host2/target2:0:3/2:0:3:5/block/sda", DiskBus.Scsi, 0, 5)]
    [InlineData("virtio-pci", "virtio1/host1/rport-1:0-0/target1:0:0/1:0:0:16384/block/sda", DiskBus.Scsi, 0, 16384)]
    [InlineData("virtio-pci", "virtio1/host1/block/sda", DiskBus.Virtio, 0, 0)]
    [InlineData("nvme", "nvme/nvme0/nvme0n1", DiskBus.Nvme, 0, 0)]
    [InlineData("xhci_hcd", "usb1/1-1/1-1:1.0/host7/target7:0:1/7:0:1:2/block/sda", DiskBus.Usb, 0, 0)]
    [InlineData("ehci-pci", "usb1/1-1/1-1:1.0/host7/target7:0:1/7:0:1:2/block/sda", DiskBus.Usb, 0, 0)]
    [InlineData("sym53c8xx", "host11/target11:0:2/11:0:2:7/block/sda", DiskBus.Scsi, 0, 2)]
    [InlineData("sym53c8xx", "host11/block/sda", DiskBus.Unknown, 0, 0)]
    [InlineData("ata_piix", "ata5/host4/target4:0:1/4:0:1:0/block/sda", DiskBus.Ide, 1, 1)]
    [InlineData("ata_piix", "host4/target4:0:1/4:0:1:0/block/sda", DiskBus.Ide, 0, 1)]
    [InlineData("ata_piix", "ata5/host4/target4:x:1/4:0:1:0/block/sda", DiskBus.Unknown, 0, 0)]
    [InlineData("ata_piix", "ata5/host4/block/sda", DiskBus.Unknown, 0, 0)]
    [InlineData("ahci", "ata10/host9/target9:0:0/9:0:0:0/block/sda", DiskBus.Sata, 0, 3)]
    [InlineData("ahci", "host9/target9:0:0/9:0:0:0/block/sda", DiskBus.Sata, 0, 1)]
    [InlineData("ahci", "block/sda", DiskBus.Unknown, 0, 0)]
    public void Driver_of_the_controller_tells_the_bus(string driver, string rest, DiskBus bus, int number, int unit)
    {
        const string Controller = "pci0001:00/0001:00:1f.2";
        _tree.AddDriver(Controller, driver);
        foreach (var port in (string[])["ata4", "ata2", "ata8", "host3", "ata_port", "power"])
        {
            // A controller of two ports, one of more.
            if (driver != "ata_piix" || port is "ata4")
                _tree.AddDirectory($"{Controller}/{port}");
        }

        _tree.AddDirectory($"{Controller}/{rest}");

        Assert.Equal(
            new DiskAddress { Controller = new PciAddress(1, 0, 31, 2), Bus = bus, BusNumber = number, Unit = unit },
            AddressOf($"{Controller}/{rest}"));
    }

    [Fact]
    public void Bridges_are_passed_on_the_way_down()
    {
        _tree.AddDriver("pci10000:e0/10000:e0:06.0", "pcieport");
        _tree.AddDriver("pci10000:e0/10000:e0:06.0/10000:e1:00.0", "pcieport");
        _tree.AddDriver("pci10000:e0/10000:e0:06.0/10000:e1:00.0/10000:e2:1a.7", "nvme");

        Assert.Equal(
            new DiskAddress { Controller = new PciAddress(0x10000, 0xE2, 0x1A, 7), Bus = DiskBus.Nvme },
            AddressOf("pci10000:e0/10000:e0:06.0/10000:e1:00.0/10000:e2:1a.7/nvme/nvme0/nvme0n1"));
    }

    [Theory]
    [InlineData("pci0000:00/0000:00:03.0/host13/target13:2:0/13:2:0:0/block/sdb")]
    [InlineData("pci0000:00/0000:00:04.0/pci10000:e0/10000:e0:06.0/nvme/nvme0/nvme0n1")]
    [InlineData("pci0000:00/0000:00:05.0")]
    [InlineData("pci0000:00")]
    [InlineData("pci")]
    [InlineData("pci0000:00/x/block/sda")]
    [InlineData("pci0000:00/0000:00:1g.0/block/sda")]
    [InlineData("pci0000:00/0000:00.0/block/sda")]
    [InlineData("virtual/nvme-subsystem/nvme-subsys1/nvme1n1")]
    [InlineData("vbd-768/block/xvda")]
    [InlineData("LNXSYSTM:00/VMBUS:00/fd1d2cbd/host0/target0:0:1/0:0:1:0/block/sda")]
    [InlineData("platform/x.0/mmc_host/mmc0/mmc0:0001/block/mmcblk0")]
    [InlineData("platform/virtio-mmio.0/virtio6/nvme/sda")]
    [InlineData("css0/defunct/0.0.ffff/virtio3/block/vda")]
    [InlineData("css0/0.0.0005")]
    [InlineData("css0")]
    public void Path_of_another_kind_tells_nothing(string path)
    {
        _tree.AddDriver("pci0000:00/0000:00:03.0", "megaraid_sas");
        _tree.AddDriver("pci0000:00/0000:00:04.0", "vmd");
        _tree.AddDriver("pci0000:00/0000:00:04.0/pci10000:e0/10000:e0:06.0", "nvme");

        Assert.Null(AddressOf(path));
    }

    [Theory]
    [InlineData("platform/virtio-mmio.0/virtio4/block/vda", DiskBus.Virtio, 0, 0, 0)]
    [InlineData("platform/virtio-mmio.0/virtio4/host1/target1:1:2/1:1:2:3/block/sda", DiskBus.Scsi, 1, 2, 3)]
    [InlineData("platform/4010000000.pcie/pci0000:00/0000:00:01.0/virtio0/block/vda", DiskBus.Virtio, 0, 0, 0)]
    public void Virtio_without_pci_has_its_numbers_from_scsi(string path, DiskBus bus, int number, int target, int unit) => Assert.Equal(
        new DiskAddress { Bus = bus, BusNumber = number, Target = target, Unit = unit }, AddressOf(path));

    [Theory]
    [InlineData("css0/0.0.0003/0.0.00ff/virtio3/block/vda", DiskBus.Virtio, 0u, 0u, 3u, 255u, 0, 0)]
    [InlineData("css1/fe.1.0013/fd.2.1234/virtio3/host3/target3:0:1/3:0:1:4/block/sda", DiskBus.Scsi, 254u, 1u, 19u, 4660u, 1, 4)]
    [InlineData("css0/0.0.0003/0.0.00ff/host0/target0:0:1/0:0:1:2/block/sda", DiskBus.Unknown, 0u, 0u, 3u, 255u, 0, 0)]
    [InlineData("css0/0.0.0003/0.0.00ff/block/dasda", DiskBus.Unknown, 0u, 0u, 3u, 255u, 0, 0)]
    public void Channel_device_has_the_address_of_its_subchannel(
        string path, DiskBus bus, uint subsystem, uint set, uint subchannel, uint device, int target, int unit) => Assert.Equal(
        new DiskAddress { Bus = bus, Target = target, Unit = unit, Ccw = new CcwAddress(subsystem, set, subchannel, device) }, AddressOf(path));

    private DiskAddress? AddressOf(string path) => BusAddress.Of($"/devices/{path}", new Sysfs(_tree.Sysfs));
}
