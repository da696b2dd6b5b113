using System.Globalization;

namespace Qga.Platform.Storage;

/// <summary>
/// The address of a disk by its path in /sys, which leads through all that it hangs on. A controller whose driver we don't know is
/// left out, as in qemu-ga: hosts compare the address with how they have plugged the disk.
/// </summary>
internal static class BusAddress
{
    /// <summary>What the path tells; null if that is nothing.</summary>
    /// <param name="path">The resolved path of the disk or partition.</param>
    /// <param name="sysfs">Tells drivers, and what else is on a controller.</param>
    public static DiskAddress? Of(string path, Sysfs sysfs) =>
        path.StartsWith("/devices/pci", StringComparison.Ordinal) ? OfPci(path, sysfs) :
        path.StartsWith("/devices/css", StringComparison.Ordinal) ? OfCcw(path) :
        IsOnVirtio(path) ? OfVirtio(path) :
        null;

    private static DiskAddress? OfPci(string path, Sysfs sysfs)
    {
        // The root bus, the functions on the way down, and what is behind them.
        var end = EndOfPart(path, "/devices/".Length);
        while (end < path.Length)
        {
            var start = end + 1;
            end = EndOfPart(path, start);
            if (ParseFunction(path.AsSpan(start, end - start)) is not { } function)
                return null;

            var controller = path[..end];
            if (OfController(sysfs.NameBehind($"{controller}/driver"), controller, path, sysfs) is { } address)
                return address with { Controller = function };
        }

        return null;
    }

    /// <summary>Null if it is no controller of disks that we know, as a bridge.</summary>
    private static DiskAddress? OfController(string? driver, string controller, string path, Sysfs sysfs)
    {
        var target = ScsiTarget(path);
        switch (driver)
        {
            case "virtio-pci":
                return target is { } disk ? new DiskAddress { Bus = DiskBus.Scsi, Unit = disk.Lun } : new DiskAddress { Bus = DiskBus.Virtio };
            case "nvme":
                return new DiskAddress { Bus = DiskBus.Nvme };
            case "xhci_hcd" or "ehci-pci":
                return new DiskAddress { Bus = DiskBus.Usb };
            case "ahci":
                return PortIndex(controller, path, sysfs) is { } port ? new DiskAddress { Bus = DiskBus.Sata, Unit = port } : new DiskAddress();
            case "ata_piix":
                return target is { } drive && PortIndex(controller, path, sysfs) is { } channel
                    ? new DiskAddress { Bus = DiskBus.Ide, BusNumber = channel, Unit = drive.Target }
                    : new DiskAddress();
            case "sym53c8xx":
                return target is { } device ? new DiskAddress { Bus = DiskBus.Scsi, Unit = device.Target } : new DiskAddress();
            default:
                return null;
        }
    }

    /// <summary>A channel device: <c>/devices/css0/SUBCHANNEL/DEVICE/...</c>.</summary>
    private static DiskAddress? OfCcw(string path)
    {
        var parts = path.Split('/');
        if (parts.Length < 6 || ParseCcw(parts[3]) is not var (subsystem, set, subchannel) || ParseCcw(parts[4]) is not var (_, _, device))
            return null;

        var ccw = new CcwAddress(subsystem, set, subchannel, device);
        return IsOnVirtio(path) ? OfVirtio(path) with { Ccw = ccw } : new DiskAddress { Ccw = ccw };
    }

    private static DiskAddress OfVirtio(string path) => ScsiTarget(path) is var (bus, target, lun)
        ? new DiskAddress { Bus = DiskBus.Scsi, BusNumber = bus, Target = target, Unit = lun }
        : new DiskAddress { Bus = DiskBus.Virtio };

    private static bool IsOnVirtio(string path)
    {
        var virtio = path.IndexOf("/virtio", StringComparison.Ordinal);
        return virtio >= 0 && path.IndexOf("block", virtio, StringComparison.Ordinal) >= 0;
    }

    /// <summary>The numbers below the host in <c>/targetHOST:BUS:TARGET/HOST:BUS:TARGET:LUN</c>.</summary>
    private static (int Bus, int Target, int Lun)? ScsiTarget(string path)
    {
        const string Mark = "/target";
        var start = path.IndexOf(Mark, StringComparison.Ordinal);
        if (start < 0)
            return null;

        var targetEnd = EndOfPart(path, start + 1);
        var name = path.AsSpan(start + Mark.Length, targetEnd - start - Mark.Length);
        if (targetEnd == path.Length || !TryParse(name, ':', NumberStyles.None, stackalloc uint[3]))
            return null;

        Span<uint> device = stackalloc uint[4];
        return TryParse(path.AsSpan(targetEnd + 1, EndOfPart(path, targetEnd + 1) - targetEnd - 1), ':', NumberStyles.None, device)
            ? ((int)device[1], (int)device[2], (int)device[3])
            : null;
    }

    /// <summary>Which of the controller's ports the disk is on: their numbers count on from one controller to the next.</summary>
    private static int? PortIndex(string controller, string path, Sysfs sysfs)
    {
        foreach (var kind in (ReadOnlySpan<string>)["ata", "host"])
        {
            var mark = path.IndexOf($"/{kind}", controller.Length, StringComparison.Ordinal);
            if (mark < 0 || NumberAfter(kind, path.AsSpan(mark + 1)) is not { } port)
                continue;

            _ = sysfs.List(controller, out var names);
            return names.Count(name => NumberAfter(kind, name) < port);
        }

        return null;
    }

    private static int? NumberAfter(string prefix, ReadOnlySpan<char> name)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        var digits = name[prefix.Length..];
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>A name such as <c>0000:00:1f.2</c>.</summary>
    private static PciAddress? ParseFunction(ReadOnlySpan<char> name)
    {
        var dot = name.LastIndexOf('.');
        Span<uint> numbers = stackalloc uint[3];
        Span<uint> function = stackalloc uint[1];
        return dot > 0 && TryParse(name[..dot], ':', NumberStyles.AllowHexSpecifier, numbers)
            && TryParse(name[(dot + 1)..], '.', NumberStyles.AllowHexSpecifier, function)
            ? new PciAddress((int)numbers[0], (int)numbers[1], (int)numbers[2], (int)function[0])
            : null;
    }

    private static (uint Subsystem, uint Set, uint Number)? ParseCcw(string name)
    {
        Span<uint> numbers = stackalloc uint[3];
        return TryParse(name, '.', NumberStyles.AllowHexSpecifier, numbers) ? (numbers[0], numbers[1], numbers[2]) : null;
    }

    /// <summary>Whether the text is as many numbers as there is room for.</summary>
    private static bool TryParse(ReadOnlySpan<char> text, char separator, NumberStyles style, Span<uint> numbers)
    {
        var count = 0;
        foreach (var part in text.Split(separator))
        {
            if (count == numbers.Length || !uint.TryParse(text[part], style, CultureInfo.InvariantCulture, out numbers[count]))
                return false;
            count++;
        }

        return count == numbers.Length;
    }

    private static int EndOfPart(string path, int start) => path.IndexOf('/', start) is >= 0 and var end ? end : path.Length;
}
