namespace Qga.Platform.Storage;

/// <summary>What a disk hangs on.</summary>
public enum DiskBus
{
    Unknown,
    Ide,
    Scsi,
    Virtio,
    Usb,
    Sata,
    Nvme,
}

/// <summary>A PCI function, of which each number is -1 where there is none.</summary>
public readonly record struct PciAddress(int Domain, int Bus, int Slot, int Function)
{
    public static PciAddress None { get; } = new(-1, -1, -1, -1);
}

/// <summary>The subchannel that a device of an IBM Z machine hangs on, and its number.</summary>
public readonly record struct CcwAddress(uint ChannelSubsystem, uint SubchannelSet, uint Subchannel, uint Device);

/// <summary>Where a disk or partition is to be found on the machine's buses.</summary>
public sealed record DiskAddress
{
    public PciAddress Controller { get; init; } = PciAddress.None;

    public DiskBus Bus { get; init; }

    /// <summary>0 where the bus has no such number, as are the next two.</summary>
    public int BusNumber { get; init; }

    public int Target { get; init; }

    public int Unit { get; init; }

    public string? Serial { get; init; }

    /// <summary>The path of its node.</summary>
    public string? Node { get; init; }

    public CcwAddress? Ccw { get; init; }
}
