using Qga.Client;

namespace Qga.Ctl.Guests;

/// <summary>
/// What a guest is called on the command line: an address, the path of a socket, the number of a Proxmox machine, or the name of a domain of
/// libvirt; where only Proxmox is, that of a machine.
/// </summary>
/// <param name="uri">Which libvirt; null for virsh's own choice.</param>
/// <param name="options">The programs.</param>
internal sealed class GuestNames(string? uri, GuestAgentOptions options)
{
    /// <exception cref="QgaAddressException">There can be no such guest.</exception>
    internal Task<GuestAddress> AddressOfAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = options;
        return Task.FromResult(GuestAddress.Parse(name.Contains(':', StringComparison.Ordinal)
            ? name
            : name.Contains('/', StringComparison.Ordinal)
                ? $"unix:{name}"
                : uri is null
                    ? $"virsh:{name}"
                    : $"virsh+{uri}:{name}"));
    }
}
