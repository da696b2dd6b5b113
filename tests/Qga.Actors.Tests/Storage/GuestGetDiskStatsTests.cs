using Qga.Platform;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Actors.Tests.Storage;

public sealed class GuestGetDiskStatsTests : AgentFixture
{
    [Fact]
    public void Counters_go_by_their_names_as_far_as_the_kernel_has_them()
    {
        var counters = Enumerable.Range(1, 17).Select(number => (ulong)number).ToList();
        Blocks.Counters.Add(new DiskStatistics("vda", new DeviceNumber(254, 0), counters));
        Blocks.Counters.Add(new DiskStatistics("hda", new DeviceNumber(3, 0), [ulong.MaxValue, .. counters[1..11]]));
        Blocks.Counters.Add(new DiskStatistics("hda1", new DeviceNumber(3, 1), counters[..4]));
        Blocks.Counters.Add(new DiskStatistics("odd", new DeviceNumber(3, 2), []));

        Assert.Equal(
            """
            {"return": [{"name": "vda", "major": 254, "minor": 0, "stats": {"read-ios": 1, "read-merges": 2, "read-sectors": 3, "read-ticks": 4, "write-ios": 5, "write-merges": 6, "write-sectors": 7, "write-ticks": 8, "ios-pgr": 9, "total-ticks": 10, "weight-ticks": 11, "discard-ios": 12, "discard-merges": 13, "discard-sectors": 14, "discard-ticks": 15, "flush-ios": 16, "flush-ticks": 17}}, {"name": "hda", "major": 3, "minor": 0, "stats": {"read-ios": 18446744073709551615, "read-merges": 2, "read-sectors": 3, "read-ticks": 4, "write-ios": 5, "write-merges": 6, "write-sectors": 7, "write-ticks": 8, "ios-pgr": 9, "total-ticks": 10, "weight-ticks": 11}}, {"name": "hda1", "major": 3, "minor": 1, "stats": {"read-ios": 1, "read-sectors": 2, "write-ios": 3, "write-sectors": 4}}, {"name": "odd", "major": 3, "minor": 2, "stats": {}}]}
            """.Trim(),
            Ask(StartAgent(), "guest-get-diskstats"));
    }

    [Fact]
    public void Table_that_cannot_be_read_is_the_error()
    {
        Blocks.Failure = new SystemCallException(Errno.ENOENT, "Could not open '/proc/diskstats'");

        Assert.Equal("Could not open '/proc/diskstats': No such file or directory", ErrorOf(Ask(StartAgent(), "guest-get-diskstats")));
    }
}
