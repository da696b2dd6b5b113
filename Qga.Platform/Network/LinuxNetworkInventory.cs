using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Network;

/// <summary>The guest's network as its kernel has it, of a Linux guest.</summary>
public sealed class LinuxNetworkInventory : INetworkInventory
{
    private readonly string _ipv4Routes;
    private readonly string _ipv6Routes;

    public LinuxNetworkInventory()
        : this("/proc")
    {
    }

    internal LinuxNetworkInventory(string proc) => (_ipv4Routes, _ipv6Routes) = ($"{proc}/net/route", $"{proc}/net/ipv6_route");

    public IReadOnlyList<NetworkInterface> Interfaces()
    {
        var interfaces = new InterfaceTable();
        var errno = RouteNetlink.Dump(LibC.RTM_GETLINK, LibC.RTM_NEWLINK, interfaces.Clear, interfaces.AddLink);
        if (errno == Errno.Success)
            errno = RouteNetlink.Dump(LibC.RTM_GETADDR, LibC.RTM_NEWADDR, interfaces.ClearAddresses, interfaces.AddAddress);

        SystemCallException.ThrowIfFailed(errno, "getifaddrs failed");
        return interfaces.ToList();
    }

    public IReadOnlyList<Route> Routes()
    {
        var routes = new List<Route>();
        SystemCallException.ThrowIfFailed(KernelFile.Read(_ipv4Routes, out var ipv4), $"open(\"{_ipv4Routes}\")");
        RouteTable.AddIPv4(routes, ipv4);

        // A kernel without IPv6 has no such file.
        if (KernelFile.Read(_ipv6Routes, out var ipv6) is not Errno.ENOENT and var errno)
        {
            SystemCallException.ThrowIfFailed(errno, $"open(\"{_ipv6Routes}\")");
            RouteTable.AddIPv6(routes, ipv6);
        }

        return routes;
    }
}
