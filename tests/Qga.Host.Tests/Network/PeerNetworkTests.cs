using Newtonsoft.Json.Linq;
using Qga.Host.Tests.Inventory;
using Qga.Testing;

namespace Qga.Host.Tests.Network;

/// <summary>The real qemu-ga and the published agent tell the same of a network.</summary>
[Trait("Speed", "Slow")]
public sealed class PeerNetworkTests
{
    private const string Interfaces = """{"execute":"guest-network-get-interfaces"}""";
    private const string Routes = """{"execute":"guest-network-get-route"}""";

    [PeerFact]
    public void Interfaces_of_this_machine_are_the_same()
    {
        using var agents = new AgentPair();

        // The counters go on between the one question and the other.
        Assert.NotEmpty(agents.AssertSameOfThisMachine(Interfaces, WithoutCounts));
    }

    [PeerFact]
    public void Routes_of_this_machine_are_the_same()
    {
        using var agents = new AgentPair();

        AssertSameRoutes(agents);
    }

    [NamespaceLabFact]
    public void Interfaces_of_every_kind_are_the_same()
    {
        using var lab = new NamespaceLab();
        lab.Run(
            """
            ip link add one type veth peer name two; ip link set one up
            ip addr add 10.0.0.1/24 dev one; ip addr add 10.0.0.2/24 dev one label one:1; ip addr add 10.0.1.5/25 dev one label one:x
            ip addr add 192.168.0.1 peer 192.168.0.9/30 dev one; ip addr add 169.254.1.1/16 dev one scope link
            ip -6 addr add 2001:db8::1/64 dev one nodad; ip -6 addr add 2001:db8::3 peer 2001:db8::4/126 dev one nodad
            ip -6 addr add ::ffff:0:1.2.3.4/96 dev one nodad; ip -6 addr add 2001:0:0:1:0:0:0:1/128 dev one nodad; ip -6 addr add 1:0:2:3:4:5:6:7/0 dev one nodad
            ip link add bridge type bridge; ip link set two master bridge; ip link set bridge up
            ip link add still type bridge; ip link set still address 02:00:00:00:00:01
            ip link add labels type bridge; ip addr add 11.0.0.1/24 dev labels label labels:0; ip addr add 11.0.1.1/24 dev labels label labels:
            ip link add fifteen-bytes-n type bridge; ip addr add 1.2.3.4/0 dev fifteen-bytes-n
            ip link add 'a"b\c' type bridge; ip addr add 1.2.3.5/32 dev 'a"b\c'
            ip link add "$(printf 'x\377\376')" type bridge; ip addr add 9.9.9.9/9 dev "$(printf 'x\377\376')"
            ip link add "$(printf '\303\251')" type bridge; ip addr add 9.9.9.8/9 dev "$(printf '\303\251')"
            ip link property add dev still altname a-name-that-is-longer-than-fifteen-bytes || true
            """);
        foreach (var link in new[]
                 {
                     "ip tuntap add tun mode tun && ip addr add 172.16.0.1 peer 172.16.0.2 dev tun",
                     "ip tuntap add tap mode tap && ip link set tap up",
                     "ip link add dummy type dummy && ip addr add 10.20.0.1/16 dev dummy",
                     "ip link add link one name one.10 type vlan id 10 && ip addr add 10.10.0.1/16 dev one.10",
                     "ip link add mac link one type macvlan && ip addr add 10.82.0.1/24 dev mac",
                     "ip link add vx type vxlan id 5 dstport 4789 && ip addr add 10.81.0.1/24 dev vx",
                     "ip link add wg type wireguard && ip addr add 10.80.0.1/24 dev wg",
                     "ip link add four type ipip local 10.0.0.1 remote 10.0.0.77 && ip addr add 10.77.0.1/24 dev four",
                     "ip link add six type ip6tnl local 2001:db8::1 remote 2001:db8::9 && ip link set six up",
                 })
        {
            lab.Run($"{link} || true");      // not every kernel has every kind
        }

        using var agents = new AgentPair(lab);
        var told = agents.AssertSame(Interfaces, WithoutCounts);

        Assert.Contains("one:x", told.Select(entry => (string?)entry["name"]));
        Assert.True(told.Count() > 12, $"{told}");
    }

    [NamespaceLabFact]
    public void Routes_of_every_kind_are_the_same()
    {
        using var lab = new NamespaceLab();
        lab.Run(
            """
            ip link set lo up; ip link add one type bridge; ip link set one up
            ip addr add 10.0.0.1/24 dev one; ip -6 addr add 2001:db8::1/64 dev one nodad
            ip route add default via 10.0.0.254 metric 77 mtu 1400
            ip route add 10.200.0.0/16 via 10.0.0.254 window 1000 rtt 50ms; ip route add 10.201.0.1/32 dev one advmss 1000
            ip route add blackhole 10.202.0.0/16 metric 2147483647; ip route add unreachable 10.203.0.0/16
            ip -6 route add default via 2001:db8::fe metric 2147483647; ip -6 route add unreachable 2001:db8:e::/48
            """);
        using var agents = new AgentPair(lab);

        Assert.True(AssertSameRoutes(agents).Count() > 10);
    }

    [NamespaceLabFact]
    public void Thousand_interfaces_are_the_same()
    {
        using var lab = new NamespaceLab();
        lab.AddInterfaces(1000);
        using var agents = new AgentPair(lab);

        Assert.Equal(1001, agents.AssertSame(Interfaces).Count());
    }

    [NamespaceLabFact]
    public void Network_without_addresses_and_routes_is_the_same()
    {
        using var lab = new NamespaceLab();
        using var agents = new AgentPair(lab);

        Assert.Equal("lo", Assert.Single(agents.AssertSame(Interfaces))["name"]);
        AssertSameRoutes(agents);
    }

    private static void WithoutCounts(JToken interfaces)
    {
        foreach (var statistics in interfaces.Select(entry => entry["statistics"]).OfType<JObject>())
        {
            foreach (var count in statistics.Properties())
                count.Value = 0;
        }
    }

    /// <summary>qemu-ga tells the highest metrics and flags as negative numbers, and we tell them as the kernel does.</summary>
    private static JToken AssertSameRoutes(AgentPair agents) => agents.AssertSame(Routes, static routes =>
    {
        foreach (var route in routes.Cast<JObject>())
        {
            route["metric"] = (uint)(long)route["metric"]!;
            route["flags"] = (uint)(ulong)route["flags"]!;
            if ((int)route["version"]! == 6)
                route.Remove("refcnt");      // as many as look at the route right now
        }
    });
}
