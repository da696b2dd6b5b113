namespace Qga.Platform.Network;

/// <summary>The guest's network as its kernel has it.</summary>
public interface INetworkInventory
{
    /// <summary>Every interface in the kernel's order, then the aliases that addresses have by their labels.</summary>
    /// <exception cref="PlatformException">The kernel does not tell.</exception>
    IReadOnlyList<NetworkInterface> Interfaces();

    /// <summary>The IPv4 routes of the main table, then the IPv6 routes where the kernel has IPv6.</summary>
    /// <exception cref="PlatformException">The kernel does not tell.</exception>
    IReadOnlyList<Route> Routes();
}
