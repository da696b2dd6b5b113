using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Storage;

namespace Qga.Platform.Tests.Storage;

/// <summary>What the real qemu-ga 11.1 makes of the same lines.</summary>
public sealed class DiskStatisticsTests
{
    [Theory]
    [InlineData("1 2 3 4", 4)]
    [InlineData("1 2 3 4 5", 0)]
    [InlineData("1 2 3 4 5 6 7 8 9 10", 0)]
    [InlineData("1 2 3 4 5 6 7 8 9 10 11", 11)]
    [InlineData("1 2 3 4 5 6 7 8 9 10 11 12 13 14", 11)]
    [InlineData("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", 15)]
    [InlineData("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", 15)]
    [InlineData("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", 17)]
    [InlineData("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19", 17)]
    [InlineData("1 2 3 4 5 6 x 8 9 10 11", 0)]
    public void Counters_are_taken_as_far_as_a_kernel_writes_them_together(string counters, int taken)
    {
        var line = Assert.Single(DiskStatistics.Parse(Encoding.ASCII.GetBytes($"   8       1 sda1 {counters}\n")));

        Assert.Equal("sda1", line.Name);
        Assert.Equal(new DeviceNumber(8, 1), line.Number);
        Assert.Equal(Enumerable.Range(1, taken).Select(number => (ulong)number), line.Counters);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("junk\n")]
    [InlineData("8 1 sda1\n")]
    [InlineData("8 1 sda1 1 2 3\n")]
    [InlineData("8 x sda1 1 2 3 4 5 6 7 8 9 10 11\n")]
    public void Line_without_a_device_or_its_counters_is_left_out(string table) =>
        Assert.Empty(DiskStatistics.Parse(Encoding.ASCII.GetBytes(table)));

    [Fact]
    public void Counters_have_64_bits() => Assert.Equal(
        [ulong.MaxValue, 0ul, 9223372036854775808, 4294967296],
        Assert.Single(DiskStatistics.Parse("8 1 sda1 18446744073709551615 0 9223372036854775808 4294967296"u8)).Counters);

    [Fact]
    public void Table_that_is_cut_anywhere_gives_what_is_whole()
    {
        var table = Encoding.ASCII.GetBytes("   8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n   8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n");

        for (var length = 0; length <= table.Length; length++)
        {
            var lines = DiskStatistics.Parse(table.AsSpan(..length));
            Assert.InRange(lines.Count, length > 37 ? 1 : 0, 2);
        }
    }
}
