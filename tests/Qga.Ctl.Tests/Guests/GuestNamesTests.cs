using Qga.Ctl.Guests;

namespace Qga.Ctl.Tests.Guests;

public class GuestNamesTests
{
    [Fact]
    public void Domains_are_lines() => Assert.Equal(["vm1", "with space"], GuestNames.ParseDomains("vm1\nwith space\n--option\n\n"));

    [Fact]
    public void Machines_are_lines_with_columns()
    {
        var machines = GuestNames.ParseMachines("""
                  VMID NAME                 STATUS     MEM(MB)    BOOTDISK(GB) PID
                   101 web                  running    2048              32.00 1234
                   102 db                   stopped    4096              64.00 0

            """);
        Assert.Equal(
            [("web", "qm:101", true), ("db", "qm:102", false)],
            machines.Select(machine => (machine.Name, machine.Address.ToString(), machine.IsRunning!.Value)));
    }

    [Theory]
    [InlineData("MemTotal:  2048 kB\nMemFree: 1 kB\nMemAvailable:  512 kB\n", 2L << 20, 512L << 10)]
    public void Memory_is_read(string text, long total, long available) => Assert.Equal(new GuestMemory(total, available), GuestMemory.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("MemTotal: 2048 kB\n")]
    [InlineData("MemTotal: 1 kB\nMemAvailable: 2 kB\n")]
    [InlineData("MemTotal: 99999999999999999999 kB\nMemAvailable: 2 kB\n")]
    [InlineData("MemTotal: x kB\nMemAvailable: -2 kB\n")]
    public void Memory_that_makes_no_sense_is_none(string text) => Assert.Null(GuestMemory.Parse(text));

    [Theory]
    [InlineData("0.50 1.00 2.25 1/2 3\n", new[] { 0.5, 1, 2.25 })]
    [InlineData("0.50 1.00", null)]
    [InlineData("a b c", null)]
    public void Load_is_read(string text, double[]? load) => Assert.Equal(load, GuestHealth.ParseLoad(text));
}
