namespace Qga.Platform.Network;

/// <summary>A line of the kernel's routing table; addresses as inet_ntop(3) writes them.</summary>
/// <param name="Interface">The interface; <c>*</c> for a route that leads to none.</param>
/// <param name="Destination">The network, without its length.</param>
/// <param name="Metric">The lower, the better.</param>
/// <param name="Flags">The <c>RTF_</c> flags of linux/route.h and linux/ipv6_route.h, 32 bits.</param>
/// <param name="References">How often something refers to it; 0 for IPv4.</param>
/// <param name="Uses">How often it was looked up; 0 for IPv4.</param>
public abstract record Route(string Interface, string Destination, long Metric, ulong Flags, long References, long Uses);

/// <summary>An IPv4 route.</summary>
/// <param name="Interface"><inheritdoc cref="Route" path="/param[@name='Interface']"/></param>
/// <param name="Destination"><inheritdoc cref="Route" path="/param[@name='Destination']"/></param>
/// <param name="Metric"><inheritdoc cref="Route" path="/param[@name='Metric']"/></param>
/// <param name="Flags"><inheritdoc cref="Route" path="/param[@name='Flags']"/></param>
/// <param name="References"><inheritdoc cref="Route" path="/param[@name='References']"/></param>
/// <param name="Uses"><inheritdoc cref="Route" path="/param[@name='Uses']"/></param>
/// <param name="Gateway">0.0.0.0 where there is none.</param>
/// <param name="Mask">The network's mask, in dots.</param>
/// <param name="Mtu">Bytes; 0 is the interface's own.</param>
/// <param name="Window">Bytes; 0 is the default.</param>
/// <param name="InitialRoundTrip">Milliseconds; 0 is the default.</param>
public sealed record IPv4Route(
    string Interface, string Destination, long Metric, ulong Flags, long References, long Uses,
    string Gateway, string Mask, long Mtu, long Window, long InitialRoundTrip)
    : Route(Interface, Destination, Metric, Flags, References, Uses);

/// <summary>An IPv6 route.</summary>
/// <param name="Interface"><inheritdoc cref="Route" path="/param[@name='Interface']"/></param>
/// <param name="Destination"><inheritdoc cref="Route" path="/param[@name='Destination']"/></param>
/// <param name="Metric"><inheritdoc cref="Route" path="/param[@name='Metric']"/></param>
/// <param name="Flags"><inheritdoc cref="Route" path="/param[@name='Flags']"/></param>
/// <param name="References"><inheritdoc cref="Route" path="/param[@name='References']"/></param>
/// <param name="Uses"><inheritdoc cref="Route" path="/param[@name='Uses']"/></param>
/// <param name="DestinationPrefix">How many bits of the destination name the network.</param>
/// <param name="Source">The network that the route is for; <c>::</c> for all.</param>
/// <param name="SourcePrefix">How many bits of the source name the network.</param>
/// <param name="NextHop"><c>::</c> where there is none.</param>
public sealed record IPv6Route(
    string Interface, string Destination, long Metric, ulong Flags, long References, long Uses,
    int DestinationPrefix, string Source, int SourcePrefix, string NextHop)
    : Route(Interface, Destination, Metric, Flags, References, Uses);
