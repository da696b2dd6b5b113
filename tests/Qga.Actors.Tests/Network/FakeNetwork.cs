using Qga.Platform;
using Qga.Platform.Native;
using Qga.Platform.Network;

namespace Qga.Actors.Tests.Network;

/// <summary>The guest's network as its kernel has it, as a test wants it.</summary>
internal sealed class FakeNetwork : INetworkInventory
{
    internal List<NetworkInterface> Present { get; } = [];

    internal List<Route> Table { get; } = [];

    /// <summary>What the kernel says instead of an answer.</summary>
    internal Errno Error { get; set; }

    public IReadOnlyList<NetworkInterface> Interfaces() => Error == Errno.Success ? Present : throw new SystemCallException(Error, "getifaddrs failed");

    public IReadOnlyList<Route> Routes() => Error == Errno.Success ? Table : throw new SystemCallException(Error, "open(\"/proc/net/route\")");
}
