using Qga.Platform.Network;
using Qga.Testing;

namespace Qga.Platform.Tests.Network;

public sealed class LinuxNetworkInventoryTests : IDisposable
{
    private const string Titles = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    private readonly ScratchDirectory _proc = new();
    private readonly LinuxNetworkInventory _network;

    public LinuxNetworkInventoryTests()
    {
        Directory.CreateDirectory(_proc.PathOf("net"));
        _network = new LinuxNetworkInventory(_proc.Root);
    }

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void Interfaces_are_those_of_the_machine()
    {
        var ours = _network.Interfaces();

        Assert.Equal(
            System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces().Select(known => known.Name).Order(),
            ours.Select(told => told.Name).Where(name => !name.Contains(':', StringComparison.Ordinal)).Order());
        Assert.Equal("00:00:00:00:00:00", ours.Single(told => told.Name == "lo").HardwareAddress);
    }

    [Fact]
    public void IPv4_routes_come_as_the_kernel_lists_them()
    {
        _proc.Write("net/ipv6_route", "");
        _proc.Write("net/route", $"""
            {Titles}eth0	00000000	FE00000A	0003	0	0	77	00000000	0	0	0     
            *	0000C90A	00000000	0201	0	7	4294967295	0000FFFF	1400	1000	50   
            """);

        Assert.Equal(
            [
                new IPv4Route("eth0", "0.0.0.0", 77, 3, 0, 0, "10.0.0.254", "0.0.0.0", 0, 0, 0),
                new IPv4Route("*", "10.201.0.0", 4294967295, 0x201, 0, 7, "0.0.0.0", "255.255.0.0", 1400, 1000, 50),
            ],
            _network.Routes());
    }

    [Fact]
    public void IPv6_routes_have_numbers_without_a_sign()
    {
        _proc.Write("net/route", Titles);
        _proc.Write("net/ipv6_route", """
            20010db8000f00000000000000000000 30 20010db8000000000000000000000000 40 fe800000000000000000000000000001 ffffffff 00000002 80000000 80200001       d0
            00000000000000000000ffff0a000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000001 00000000 00200200    a"b\c

            """);

        Assert.Equal(
            [
                new IPv6Route("d0", "2001:db8:f::", 4294967295, 0x80200001, 2, 0x80000000, 48, "2001:db8::", 64, "fe80::1"),
                new IPv6Route("a\"b\\c", "::ffff:10.0.0.1", 0, 0x200200, 1, 0, 128, "::", 0, "::"),
            ],
            _network.Routes());
    }

    [Theory]
    [InlineData("eth0\t00000000\tFE00000A\t0003\t0\t0\t77\t00000000\t0\t0")]
    [InlineData("eth0\tx\tFE00000A\t0003\t0\t0\t77\t00000000\t0\t0\t0")]
    [InlineData("eth0\t100000000\tFE00000A\t0003\t0\t0\t77\t00000000\t0\t0\t0")]
    [InlineData("eth0\t0\t0\t0\t0\t99999999999999999999\t77\t0\t0\t0\t0")]
    [InlineData("eth0")]
    [InlineData("")]
    public void IPv4_line_that_makes_no_sense_is_left_out(string line)
    {
        _proc.Write("net/route", $"{Titles}{line}\nlo\t0\t0\t1\t0\t0\t0\t0\t0\t0\t0");

        Assert.Equal("lo", Assert.Single(_network.Routes()).Interface);
    }

    [Theory]
    [InlineData("0000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 0 1 0 1 d0")]
    [InlineData("0000000000000000000000000000000g 00 00000000000000000000000000000000 00 00000000000000000000000000000000 0 1 0 1 d0")]
    [InlineData("00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 0 1 0 1")]
    [InlineData("00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 0 1 0 100000000 d0")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("")]
    public void IPv6_line_that_makes_no_sense_is_left_out(string line)
    {
        _proc.Write("net/route", Titles);
        _proc.Write(
            "net/ipv6_route",
            $"{line}\n00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 0 1 0 1 lo\n");

        Assert.Equal("lo", Assert.Single(_network.Routes()).Interface);
    }

    [Fact]
    public void Without_IPv6_the_IPv4_routes_are_told_alone()
    {
        _proc.Write("net/route", $"{Titles}lo\t0\t0\t1\t0\t0\t0\t0\t0\t0\t0\n");

        Assert.Equal("lo", Assert.Single(_network.Routes()).Interface);
    }

    [Fact]
    public void Table_that_cannot_be_read_is_an_error_with_its_name()
    {
        var missing = Assert.Throws<SystemCallException>(_network.Routes);
        Assert.Equal($"open(\"{_proc.Root}/net/route\"): No such file or directory", missing.Message);

        _proc.Write("net/route", Titles);
        Directory.CreateDirectory(_proc.PathOf("net/ipv6_route"));
        var unreadable = Assert.Throws<SystemCallException>(_network.Routes);
        Assert.Equal($"open(\"{_proc.Root}/net/ipv6_route\"): Is a directory", unreadable.Message);
    }
}
