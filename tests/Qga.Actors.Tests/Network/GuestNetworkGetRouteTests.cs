using Qga.Platform.Native;
using Qga.Platform.Network;

namespace Qga.Actors.Tests.Network;

public sealed class GuestNetworkGetRouteTests : AgentFixture
{
    [Fact]
    public void Routes_of_both_versions_have_members_of_their_own()
    {
        Network.Table.Add(new IPv4Route("eth0", "10.0.0.0", 100, 3, 1, 2, "10.0.0.254", "255.0.0.0", 1400, 3, 4));
        Network.Table.Add(new IPv6Route("eth0", "2001:db8::", uint.MaxValue, 0x80200001, 1, 2, 32, "::", 0, "fe80::1"));

        Assert.Equal(
            """
            {"return": [{"iface": "eth0", "destination": "10.0.0.0", "metric": 100, "version": 4, "gateway": "10.0.0.254", "mask": "255.0.0.0", "flags": 3, "refcnt": 1, "use": 2, "mtu": 1400, "window": 3, "irtt": 4}, {"iface": "eth0", "destination": "2001:db8::", "metric": 4294967295, "version": 6, "source": "::", "nexthop": "fe80::1", "desprefixlen": "32", "srcprefixlen": "0", "flags": 2149580801, "refcnt": 1, "use": 2}]}
            """.Trim(),
            Ask(StartAgent(), "guest-network-get-route"));
    }

    [Fact]
    public void Kernel_that_does_not_tell_is_an_error_with_its_reason()
    {
        Network.Error = Errno.ENOENT;

        Assert.Equal("open(\"/proc/net/route\"): No such file or directory", ErrorOf(Ask(StartAgent(), "guest-network-get-route")));
    }
}
