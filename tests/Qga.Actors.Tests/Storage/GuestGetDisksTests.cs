using System.Buffers.Binary;
using Qga.Platform;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Actors.Tests.Storage;

public sealed class GuestGetDisksTests : AgentFixture
{
    [Fact]
    public void Disks_and_partitions_are_told_and_what_is_not_known_is_left_out()
    {
        Blocks.All.Add(new BlockDevice("/dev/vda1", IsPartition: true) { Dependencies = ["/dev/vda"] });
        Blocks.All.Add(new BlockDevice("/dev/dm-0", IsPartition: false) { Dependencies = [], Alias = "root" });
        Blocks.All.Add(new BlockDevice("/dev/vda", IsPartition: false) { Address = new DiskAddress { Bus = DiskBus.Virtio } });

        Assert.Equal(
            """
            {"return": [{"name": "/dev/vda1", "partition": true, "dependencies": ["/dev/vda"]}, {"name": "/dev/dm-0", "partition": false, "dependencies": [], "alias": "root"}, {"name": "/dev/vda", "partition": false, "address": {"pci-controller": {"domain": -1, "bus": -1, "slot": -1, "function": -1}, "bus-type": "virtio", "bus": 0, "target": 0, "unit": 0}}]}
            """.Trim(),
            Ask(StartAgent(), "guest-get-disks"));
    }

    [Fact]
    public void Health_is_told_in_halves_of_its_counters()
    {
        Span<byte> log = stackalloc byte[512];
        ReadOnlySpan<byte> gauges = [5, 0x43, 0x01, 99, 10, 120];
        gauges.CopyTo(log);
        for (var counter = 0; counter < 10; counter++)
            BinaryPrimitives.WriteUInt128LittleEndian(log[(32 + (16 * counter))..], new UInt128(ulong.MaxValue - (ulong)counter, (ulong)counter));
        Blocks.All.Add(new BlockDevice("/dev/nvme0n1", IsPartition: false) { Health = NvmeHealth.Parse(log) });

        Assert.Equal(
            """
            {"return": [{"name": "/dev/nvme0n1", "partition": false, "smart": {"type": "nvme", "critical-warning": 5, "temperature": 323, "available-spare": 99, "available-spare-threshold": 10, "percentage-used": 120, "data-units-read-lo": 0, "data-units-read-hi": 18446744073709551615, "data-units-written-lo": 1, "data-units-written-hi": 18446744073709551614, "host-read-commands-lo": 2, "host-read-commands-hi": 18446744073709551613, "host-write-commands-lo": 3, "host-write-commands-hi": 18446744073709551612, "controller-busy-time-lo": 4, "controller-busy-time-hi": 18446744073709551611, "power-cycles-lo": 5, "power-cycles-hi": 18446744073709551610, "power-on-hours-lo": 6, "power-on-hours-hi": 18446744073709551609, "unsafe-shutdowns-lo": 7, "unsafe-shutdowns-hi": 18446744073709551608, "media-errors-lo": 8, "media-errors-hi": 18446744073709551607, "number-of-error-log-entries-lo": 9, "number-of-error-log-entries-hi": 18446744073709551606}}]}
            """.Trim(),
            Ask(StartAgent(), "guest-get-disks"));
    }

    [Fact]
    public void Devices_that_cannot_be_listed_are_the_error()
    {
        Blocks.Failure = new SystemCallException(Errno.ENOENT, "Can't open directory \"/sys/block\"");

        Assert.Equal("Can't open directory \"/sys/block\": No such file or directory", ErrorOf(Ask(StartAgent(), "guest-get-disks")));
    }
}
