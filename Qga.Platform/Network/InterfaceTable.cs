using System.Runtime.InteropServices;
using Qga.Platform.Native;

namespace Qga.Platform.Network;

/// <summary>Puts interfaces together from the kernel's messages: first all links, then all addresses.</summary>
internal sealed class InterfaceTable
{
    private const int HardwareAddressSize = 6;

    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, Entry> _byName = [];
    private readonly Dictionary<uint, Entry> _links = [];

    /// <summary>In the order of their first message; statistics only of an interface with an address, as qemu-ga tells them.</summary>
    internal IReadOnlyList<NetworkInterface> ToList() => _entries.ConvertAll(static entry => new NetworkInterface(
        entry.Name, entry.HardwareAddress, entry.Addresses, entry.Addresses.Count > 0 ? entry.Statistics : null));

    internal void Clear()
    {
        _entries.Clear();
        _byName.Clear();
        _links.Clear();
    }

    /// <summary>Forgets addresses and aliases, and keeps the links.</summary>
    internal void ClearAddresses()
    {
        foreach (var alias in _entries.FindAll(static entry => entry.IsAlias))
            _byName.Remove(alias.Name);
        _entries.RemoveAll(static entry => entry.IsAlias);
        _entries.ForEach(static entry => entry.Addresses.Clear());
    }

    /// <summary>Reads a RTM_NEWLINK; one that has no name is left out.</summary>
    internal unsafe void AddLink(ReadOnlySpan<byte> body)
    {
        if (body.Length < sizeof(LibC.LinkMessage))
            return;

        string? name = null;
        ReadOnlySpan<byte> address = default;
        InterfaceStatistics? statistics = null;
        var index = (uint)MemoryMarshal.Read<LibC.LinkMessage>(body).Index;
        for (var rest = body[sizeof(LibC.LinkMessage)..]; NetlinkDump.NextAttribute(ref rest, out var type, out var value);)
        {
            switch (type)
            {
                case LibC.IFLA_IFNAME: name = Text(value); break;
                case LibC.IFLA_ADDRESS: address = value; break;
                case LibC.IFLA_STATS64 when value.Length >= sizeof(LibC.LinkStatistics):
                    statistics = Statistics(MemoryMarshal.Read<LibC.LinkStatistics>(value));
                    break;
            }
        }

        if (name is not null)
            _links[index] = Add(new Entry(name, HardwareAddress(address), statistics, IsAlias: false));
    }

    /// <summary>Reads a RTM_NEWADDR; one of another family, or of an interface that came after the links, is left out.</summary>
    internal unsafe void AddAddress(ReadOnlySpan<byte> body)
    {
        if (body.Length < sizeof(LibC.AddressMessage))
            return;

        var message = MemoryMarshal.Read<LibC.AddressMessage>(body);
        if (!_links.TryGetValue(message.Index, out var link))
            return;

        string? label = null;
        ReadOnlySpan<byte> local = default, address = default;
        for (var rest = body[sizeof(LibC.AddressMessage)..]; NetlinkDump.NextAttribute(ref rest, out var type, out var value);)
        {
            switch (type)
            {
                case LibC.IFA_LABEL: label = Text(value); break;
                case LibC.IFA_LOCAL: local = value; break;
                case LibC.IFA_ADDRESS: address = value; break;
            }
        }

        // IFA_ADDRESS is the other end's where there is also an address of our own: linux/if_addr.h.
        var own = local.IsEmpty ? address : local;
        if (own.Length == message.Family switch { LibC.AF_INET => 4, LibC.AF_INET6 => 16, _ => -1 })
        {
            EntryOf(label ?? link.Name, link).Addresses.Add(
                new InterfaceAddress(LibC.AddressText(message.Family, own), message.Family == LibC.AF_INET6, message.PrefixLength));
        }
    }

    private Entry EntryOf(string name, Entry link) => _byName.TryGetValue(name, out var entry)
        ? entry
        : Add(new Entry(name, link.HardwareAddress, Statistics: null, IsAlias: true));

    private Entry Add(Entry entry)
    {
        _entries.Add(entry);
        _byName[entry.Name] = entry;
        return entry;
    }

    /// <summary>A name up to its NUL.</summary>
    private static string Text(ReadOnlySpan<byte> name) => KernelPath.Decode(name.IndexOf((byte)0) is >= 0 and var end ? name[..end] : name);

    /// <summary>
    /// What the ioctl SIOCGIFHWADDR gives of an address of any size, and qemu-ga tells: its first six bytes, with zeros for those
    /// that it lacks. A tunnel may have none at all.
    /// </summary>
    private static string HardwareAddress(ReadOnlySpan<byte> address)
    {
        Span<byte> bytes = stackalloc byte[HardwareAddressSize];
        address[..Math.Min(address.Length, HardwareAddressSize)].CopyTo(bytes);
        return string.Create(null, stackalloc char[18], $"{bytes[0]:x2}:{bytes[1]:x2}:{bytes[2]:x2}:{bytes[3]:x2}:{bytes[4]:x2}:{bytes[5]:x2}");
    }

    /// <summary>As /proc/net/dev counts, where packets that the device missed are dropped ones too.</summary>
    private static InterfaceStatistics Statistics(in LibC.LinkStatistics link) => new(
        new InterfaceTraffic(link.ReceivedBytes, link.ReceivedPackets, link.ReceivedErrors, link.ReceivedDropped + link.ReceivedMissed),
        new InterfaceTraffic(link.SentBytes, link.SentPackets, link.SentErrors, link.SentDropped));

    private sealed record Entry(string Name, string HardwareAddress, InterfaceStatistics? Statistics, bool IsAlias)
    {
        public List<InterfaceAddress> Addresses { get; } = [];
    }
}
