namespace Qga.Platform.Network;

/// <summary>A network interface, or the alias that some of its addresses go by.</summary>
/// <param name="Name">The interface's name, or the alias, as <c>eth0:1</c>.</param>
/// <param name="HardwareAddress">Six bytes as <c>xx:xx:xx:xx:xx:xx</c>.</param>
/// <param name="Addresses">Its IP addresses.</param>
/// <param name="Statistics">What it has carried; null for an alias, and where the kernel does not tell.</param>
public sealed record NetworkInterface(
    string Name, string HardwareAddress, IReadOnlyList<InterfaceAddress> Addresses, InterfaceStatistics? Statistics);

/// <summary>An IP address of an interface.</summary>
/// <param name="Address">As inet_ntop(3) writes it.</param>
/// <param name="IsIPv6">Of which of the two families it is.</param>
/// <param name="PrefixLength">How many of its bits name the network.</param>
public sealed record InterfaceAddress(string Address, bool IsIPv6, int PrefixLength);

/// <summary>What an interface has carried since it is there.</summary>
public sealed record InterfaceStatistics(InterfaceTraffic Received, InterfaceTraffic Sent);

/// <summary>What went through an interface in one direction.</summary>
public sealed record InterfaceTraffic(ulong Bytes, ulong Packets, ulong Errors, ulong Dropped);
