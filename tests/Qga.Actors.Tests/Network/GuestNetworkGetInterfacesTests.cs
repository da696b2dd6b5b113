using Qga.Platform.Native;
using Qga.Platform.Network;

namespace Qga.Actors.Tests.Network;

public sealed class GuestNetworkGetInterfacesTests : AgentFixture
{
    [Fact]
    public void Interface_is_told_with_its_addresses_and_counters()
    {
        Network.Present.Add(new NetworkInterface(
            "eth0",
            "52:54:00:12:34:56",
            [new InterfaceAddress("10.0.0.1", IsIPv6: false, 24), new InterfaceAddress("fe80::1", IsIPv6: true, 64)],
            new InterfaceStatistics(new InterfaceTraffic(1, 2, 3, 4), new InterfaceTraffic(5, 6, 7, ulong.MaxValue))));

        Assert.Equal(
            """
            {"return": [{"name": "eth0", "hardware-address": "52:54:00:12:34:56", "ip-addresses": [{"ip-address": "10.0.0.1", "ip-address-type": "ipv4", "prefix": 24}, {"ip-address": "fe80::1", "ip-address-type": "ipv6", "prefix": 64}], "statistics": {"rx-bytes": 1, "rx-packets": 2, "rx-errs": 3, "rx-dropped": 4, "tx-bytes": 5, "tx-packets": 6, "tx-errs": 7, "tx-dropped": 18446744073709551615}}]}
            """.Trim(),
            Ask(StartAgent(), "guest-network-get-interfaces"));
    }

    [Fact]
    public void What_an_interface_has_not_is_left_out()
    {
        Network.Present.Add(new NetworkInterface("eth0", "52:54:00:12:34:56", [], Statistics: null));

        Assert.Equal(
            """{"return": [{"name": "eth0", "hardware-address": "52:54:00:12:34:56"}]}""",
            Ask(StartAgent(), "guest-network-get-interfaces"));
    }

    [Fact]
    public void No_interface_is_an_empty_list() => Assert.Equal("""{"return": []}""", Ask(StartAgent(), "guest-network-get-interfaces"));

    [Fact]
    public void Kernel_that_does_not_tell_is_an_error_with_its_reason()
    {
        Network.Error = Errno.EMFILE;

        Assert.Equal("getifaddrs failed: Too many open files", ErrorOf(Ask(StartAgent(), "guest-network-get-interfaces")));
    }

    [Fact]
    public void No_argument_is_known() => Assert.Equal(
        "Parameter 'name' is unexpected", ErrorOf(Ask(StartAgent(), "guest-network-get-interfaces", "{'name': 'eth0'}")));
}
