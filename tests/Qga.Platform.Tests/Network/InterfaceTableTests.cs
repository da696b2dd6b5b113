using System.Buffers.Binary;
using Qga.Platform.Native;
using Qga.Platform.Network;
using static Qga.Platform.Tests.Network.NetlinkMessage;

namespace Qga.Platform.Tests.Network;

public class InterfaceTableTests
{
    private static readonly byte[] Mac = [0x52, 0x54, 0, 0xAB, 0xCD, 0xEF];

    private readonly InterfaceTable _table = new();

    [Fact]
    public void Interfaces_come_in_the_order_of_the_kernel_without_what_they_lack()
    {
        AddLink(7, "eth0"u8, Mac);
        AddLink(1, "lo"u8, new byte[6]);

        Assert.Equal(["eth0 52:54:00:ab:cd:ef", "lo 00:00:00:00:00:00"], Told);
    }

    [Fact]
    public void Addresses_go_to_their_interface_in_the_order_of_the_kernel()
    {
        AddLink(1, "lo"u8, Mac);
        AddLink(2, "eth0"u8, Mac);
        AddIPv4(2, 24, Attribute(LibC.IFA_ADDRESS, 10, 0, 0, 1), Attribute(LibC.IFA_LOCAL, 10, 0, 0, 1), Name(LibC.IFA_LABEL, "eth0"u8));
        AddIPv4(1, 8, Attribute(LibC.IFA_LOCAL, 127, 0, 0, 1));
        _table.AddAddress(Address(2, LibC.AF_INET6, 64, Attribute(LibC.IFA_ADDRESS, [0xFE, 0x80, .. new byte[13], 1])));

        Assert.Equal(
            ["lo 52:54:00:ab:cd:ef 127.0.0.1/8", "eth0 52:54:00:ab:cd:ef 10.0.0.1/24 fe80::1/64"], Told);
    }

    [Fact]
    public void Own_address_counts_where_there_is_one_of_the_other_end()
    {
        AddLink(2, "tun0"u8, []);
        AddIPv4(2, 32, Attribute(LibC.IFA_ADDRESS, 172, 16, 0, 2), Attribute(LibC.IFA_LOCAL, 172, 16, 0, 1));
        AddIPv4(2, 32, Attribute(LibC.IFA_LOCAL, 172, 16, 0, 3), Attribute(LibC.IFA_ADDRESS, 172, 16, 0, 4));

        Assert.Equal(["tun0 00:00:00:00:00:00 172.16.0.1/32 172.16.0.3/32"], Told);
    }

    [Fact]
    public void Label_is_an_interface_of_its_own_without_counters()
    {
        AddLink(2, "eth0"u8, Mac, Statistics(1));
        AddLink(3, "eth1"u8, Mac);
        AddIPv4(2, 24, Attribute(LibC.IFA_LOCAL, 10, 0, 0, 1), Name(LibC.IFA_LABEL, "eth0:1"u8));
        AddIPv4(2, 24, Attribute(LibC.IFA_LOCAL, 10, 0, 0, 2), Name(LibC.IFA_LABEL, "eth0:1"u8));

        Assert.Equal(
            ["eth0 52:54:00:ab:cd:ef", "eth1 52:54:00:ab:cd:ef", "eth0:1 52:54:00:ab:cd:ef 10.0.0.1/24 10.0.0.2/24"], Told);
        Assert.All(_table.ToList(), entry => Assert.Null(entry.Statistics));
    }

    [Fact]
    public void Counters_are_those_of_the_kernel_and_only_of_an_interface_with_an_address()
    {
        AddLink(2, "eth0"u8, Mac, Statistics(ulong.MaxValue - 1000));
        AddLink(3, "eth1"u8, Mac, Statistics(0));
        AddIPv4(2, 24, Attribute(LibC.IFA_LOCAL, 10, 0, 0, 1));

        // Packets that the device missed (the sixteenth counter) are dropped ones too, as in /proc/net/dev.
        const ulong Base = ulong.MaxValue - 1000;
        Assert.Equal(
            new InterfaceStatistics(
                new InterfaceTraffic(Base + 2, Base, Base + 4, unchecked(Base + 6 + Base + 15)),
                new InterfaceTraffic(Base + 3, Base + 1, Base + 5, Base + 7)),
            _table.ToList()[0].Statistics);
        Assert.Null(_table.ToList()[1].Statistics);
    }

    [Fact]
    public void Counters_that_are_cut_off_are_none()
    {
        AddLink(2, "eth0"u8, Mac, Attribute(LibC.IFLA_STATS64, new byte[120]));
        AddIPv4(2, 24, Attribute(LibC.IFA_LOCAL, 10, 0, 0, 1));

        Assert.Null(Assert.Single(_table.ToList()).Statistics);
    }

    [Theory]
    [InlineData(new byte[] { }, "00:00:00:00:00:00")]
    [InlineData(new byte[] { 10, 0, 0, 1 }, "0a:00:00:01:00:00")]
    [InlineData(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 }, "01:02:03:04:05:06")]
    public void Hardware_address_of_another_size_is_made_six_bytes(byte[] address, string expected)
    {
        AddLink(2, "x"u8, address);

        Assert.Equal(expected, Assert.Single(_table.ToList()).HardwareAddress);
    }

    [Fact]
    public void Name_that_is_not_utf8_stays_distinct()
    {
        AddLink(2, [0xFF], Mac);
        AddLink(3, [0xFE], Mac);

        Assert.Equal(["\uDCFF", "\uDCFE"], _table.ToList().Select(entry => entry.Name));
    }

    [Fact]
    public void What_makes_no_sense_is_left_out()
    {
        _table.AddLink([]);
        _table.AddLink(Link(9));
        _table.AddAddress([]);
        AddLink(2, "eth0"u8, Mac);
        AddIPv4(5, 24, Attribute(LibC.IFA_LOCAL, 10, 0, 0, 1));
        AddIPv4(2, 24);
        AddIPv4(2, 24, Attribute(LibC.IFA_LOCAL, 10, 0, 0));
        _table.AddAddress(Address(2, 12, 24, Attribute(LibC.IFA_LOCAL, 10, 0, 0, 1)));
        _table.AddAddress([.. Address(2, LibC.AF_INET, 24), 200, 0, 1, 0]);
        _table.AddAddress([.. Address(2, LibC.AF_INET, 24), 0, 0, 1, 0]);

        Assert.Equal(["eth0 52:54:00:ab:cd:ef"], Told);
    }

    [Fact]
    public void Second_try_for_the_addresses_forgets_those_of_the_first()
    {
        AddLink(2, "eth0"u8, Mac);
        AddIPv4(2, 24, Attribute(LibC.IFA_LOCAL, 10, 0, 0, 1));
        AddIPv4(2, 24, Attribute(LibC.IFA_LOCAL, 10, 0, 0, 2), Name(LibC.IFA_LABEL, "eth0:1"u8));
        _table.ClearAddresses();
        AddIPv4(2, 24, Attribute(LibC.IFA_LOCAL, 10, 0, 0, 3), Name(LibC.IFA_LABEL, "eth0:1"u8));

        Assert.Equal(["eth0 52:54:00:ab:cd:ef", "eth0:1 52:54:00:ab:cd:ef 10.0.0.3/24"], Told);
    }

    [Fact]
    public void Second_try_for_the_links_forgets_all()
    {
        AddLink(2, "eth0"u8, Mac);
        _table.Clear();
        AddLink(2, "eth1"u8, Mac);

        Assert.Equal(["eth1 52:54:00:ab:cd:ef"], Told);
    }

    private IEnumerable<string> Told => _table.ToList().Select(entry => string.Join(
        ' ', [entry.Name, entry.HardwareAddress, .. entry.Addresses.Select(address => $"{address.Address}/{address.PrefixLength}")]));

    private void AddLink(int index, ReadOnlySpan<byte> name, byte[] address, params byte[][] more) => _table.AddLink(Link(
        index, [Name(LibC.IFLA_IFNAME, name), .. address.Length > 0 ? [Attribute(LibC.IFLA_ADDRESS, address)] : Array.Empty<byte[]>(), .. more]));

    private void AddIPv4(int index, byte prefixLength, params byte[][] attributes) =>
        _table.AddAddress(Address(index, LibC.AF_INET, prefixLength, attributes));

    /// <summary>Counters that count up from the first, and more of them than we know.</summary>
    private static byte[] Statistics(ulong first)
    {
        var counters = new byte[25 * sizeof(ulong)];
        for (var counter = 0; counter < 25; counter++)
            BinaryPrimitives.WriteUInt64LittleEndian(counters.AsSpan(counter * sizeof(ulong)), unchecked(first + (ulong)counter));
        return Attribute(LibC.IFLA_STATS64, counters);
    }
}
