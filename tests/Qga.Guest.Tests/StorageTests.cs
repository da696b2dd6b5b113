using System.Buffers.Binary;
using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>Disks on controllers of all kinds that the guest's kernel has drivers for, as the real qemu-ga 11.1 tells them too.</summary>
public sealed class StorageTests : IDisposable
{
    private readonly DiskImage _filesystem = DiskImage.Ext4(16);
    private readonly DiskImage _scsi = DiskImage.Ext4(16);
    private readonly DiskImage _ide = DiskImage.Ext4(16);
    private readonly DiskImage _nvme = DiskImage.Ext4(16);

    public void Dispose()
    {
        foreach (var image in (DiskImage[])[_filesystem, _scsi, _ide, _nvme])
            image.Dispose();
    }

    [GuestFact(OfPc = "has its controllers at the root of the devices")]
    public async Task Disks_are_told_by_what_they_are_plugged_into()
    {
        WritePartitionTable(_nvme.Path);
        await using var guest = await GuestMachine.BootAsync(new GuestOptions { QemuArguments = Hardware() });
        await guest.OutputOfAsync(
            """
            set -e
            modprobe -a sd_mod virtio_scsi
            until [ -e /dev/sda ]; do usleep 20000; done
            modprobe ata_piix
            until [ -e /dev/sdb ]; do usleep 20000; done
            mkdir '/mnt/with blank'
            mount -t ext4 /dev/vda '/mnt/with blank'
            mount -t ext4 /dev/sda /mnt/with*/lost+found
            """);
        await using var agent = await guest.StartAgentOnPortAsync();
        using var client = await guest.ConnectToAgentPortAsync();

        var disks = (await client.AskAsync("guest-get-disks")).ToDictionary(disk => (string)disk["name"]!);
        var filesystems = await client.AskAsync("guest-get-fsinfo");
        var counters = await client.AskAsync("guest-get-diskstats");

        Assert.Equal(["/dev/nvme0n1", "/dev/nvme0n1p1", "/dev/sda", "/dev/sdb", "/dev/vda"], disks.Keys.Order());
        AssertAddress("virtio", slot: 0x10, bus: 0, unit: 0, disks["/dev/vda"]["address"]!);
        AssertAddress("scsi", slot: 0x11, bus: 0, unit: 3, disks["/dev/sda"]["address"]!);
        AssertAddress("ide", slot: 0x12, bus: 1, unit: 1, disks["/dev/sdb"]["address"]!);
        AssertAddress("nvme", slot: 0x13, bus: 0, unit: 0, disks["/dev/nvme0n1"]["address"]!);
        Assert.Equal(["/dev/nvme0n1"], disks["/dev/nvme0n1p1"]["dependencies"]!.Values<string>());
        Assert.True((bool)disks["/dev/nvme0n1p1"]["partition"]!);

        var health = disks["/dev/nvme0n1"]["smart"]!;
        Assert.Equal("nvme", health["type"]);
        Assert.Equal(323, health["temperature"]);
        Assert.True((ulong)health["host-read-commands-lo"]! > 0);
        Assert.Equal(0, health["host-read-commands-hi"]);
        Assert.Null(disks["/dev/vda"]["smart"]);

        Assert.Equal(["/mnt/with blank/lost+found", "/mnt/with blank"], filesystems.Select(mount => (string?)mount["mountpoint"]));
        Assert.Equal(["sda", "vda"], filesystems.Select(mount => (string?)mount["name"]));
        AssertAddress("scsi", slot: 0x11, bus: 0, unit: 3, Assert.Single(filesystems[0]!["disk"]!));
        var (used, total) = ((long)filesystems[1]!["used-bytes"]!, (long)filesystems[1]!["total-bytes"]!);
        var df = await guest.OutputOfAsync("df -k '/mnt/with blank' | awk 'END { print $3, $3 + $4 }'");
        Assert.Equal(df, $"{used / 1024} {total / 1024}");

        var vda = counters.Single(disk => (string?)disk["name"] == "vda");
        Assert.True((long)vda["stats"]!["read-sectors"]! > 0);
        Assert.Equal(await guest.OutputOfAsync("cat /sys/block/vda/dev"), $"{vda["major"]}:{vda["minor"]}");
    }

    private static void AssertAddress(string kind, int slot, int bus, int unit, JToken address)
    {
        Assert.Equal(kind, address["bus-type"]);
        Assert.Equal((0, 0, slot, 0), Numbers(address["pci-controller"]!, "domain", "bus", "slot", "function"));
        Assert.Equal((bus, 0, unit, 0), Numbers(address, "bus", "target", "unit", "target"));
        Assert.NotNull(address["dev"]);
        Assert.Null(address["serial"]);         // no udev here
    }

    private static (int First, int Second, int Third, int Fourth) Numbers(JToken holder, string first, string second, string third, string fourth) =>
        ((int)holder[first]!, (int)holder[second]!, (int)holder[third]!, (int)holder[fourth]!);

    /// <summary>The table of a disk of 16 MiB, with one partition from 1 MiB on.</summary>
    private static void WritePartitionTable(string path)
    {
        var sector = new byte[512];
        sector[446 + 4] = 0x83;
        BinaryPrimitives.WriteInt32LittleEndian(sector.AsSpan(446 + 8), 2048);
        BinaryPrimitives.WriteInt32LittleEndian(sector.AsSpan(446 + 12), 16384);
        (sector[510], sector[511]) = (0x55, 0xAA);
        using var disk = File.OpenWrite(path);
        disk.Write(sector);
    }

    private IReadOnlyList<string> Hardware() =>
    [
        .. Disk("a", _filesystem, "virtio-blk-pci,addr=0x10"),
        "-device", "virtio-scsi-pci,id=scsi,addr=0x11",
        .. Disk("b", _scsi, "scsi-hd,bus=scsi.0,scsi-id=2,lun=3"),
        "-device", "piix3-ide,id=ide,addr=0x12",
        .. Disk("c", _ide, "ide-hd,bus=ide.1,unit=1"),
        .. Disk("d", _nvme, "nvme,addr=0x13"),
    ];

    private static IEnumerable<string> Disk(string id, DiskImage image, string device) =>
        ["-drive", $"if=none,id={id},format=raw,file={image.Path}", "-device", $"{device},drive={id},serial=serial-{id}"];
}
