using System.Text;

namespace Qga.Testing;

/// <summary>
/// A /sys with the disks that a test asks for, and what belongs to it: udev's database, the tables of mounts and counters. Links
/// are relative, so that it can be looked at in its place or be mounted over the real one.
/// </summary>
public sealed class SysfsTree : IDisposable
{
    private const int Major = 240;

    private readonly ScratchDirectory _scratch = new();
    private int _minor;

    public SysfsTree()
    {
        foreach (var directory in (string[])["sys/block", "sys/dev/block", "sys/class/block", "run/udev/data"])
            Directory.CreateDirectory(_scratch.PathOf(directory));
        WriteMounts("");
        WriteStatistics("");
    }

    public string Sysfs => _scratch.PathOf("sys");

    /// <summary>To be mounted on /run.</summary>
    public string Run => _scratch.PathOf("run");

    public string Udev => _scratch.PathOf("run/udev/data");

    public string Mounts => _scratch.PathOf("mountinfo");

    public string Statistics => _scratch.PathOf("diskstats");

    /// <param name="table">Each character is one byte.</param>
    public void WriteMounts(string table) => File.WriteAllText(Mounts, table, Encoding.Latin1);

    /// <inheritdoc cref="WriteMounts"/>
    public void WriteStatistics(string table) => File.WriteAllText(Statistics, table, Encoding.Latin1);

    /// <summary>Makes a directory below /sys/devices.</summary>
    public void AddDirectory(string path) => Directory.CreateDirectory(DeviceAt(path));

    /// <summary>Makes a device that is driven by a driver, below /sys/devices.</summary>
    public void AddDriver(string path, string driver)
    {
        Directory.CreateDirectory($"{Sysfs}/bus/pci/drivers/{driver}");
        AddDirectory(path);
        Link($"{DeviceAt(path)}/driver", $"{Sysfs}/bus/pci/drivers/{driver}");
    }

    /// <summary>Adds a disk.</summary>
    /// <param name="path">Where, below /sys/devices.</param>
    /// <param name="udev">The lines that udev has of it, each character one byte; null if it does not know it.</param>
    /// <param name="size">In sectors of 512 bytes.</param>
    /// <returns>Its number.</returns>
    public string AddDisk(string path, string? udev = null, string size = "2048")
    {
        var number = AddDevice(path, "disk");
        var directory = DeviceAt(path);
        File.WriteAllText($"{directory}/size", $"{size}\n");
        Directory.CreateDirectory($"{directory}/slaves");
        Link($"{Sysfs}/block/{Path.GetFileName(path)}", directory);
        if (udev is not null)
            File.WriteAllText($"{Udev}/b{number}", udev, Encoding.Latin1);
        return number;
    }

    /// <summary>Adds a partition of a disk.</summary>
    /// <returns>Its number.</returns>
    public string AddPartition(string disk, string name)
    {
        var number = AddDevice($"{disk}/{name}", "partition");
        File.WriteAllText($"{DeviceAt($"{disk}/{name}")}/partition", "1\n");
        return number;
    }

    /// <summary>Says that a device is made of another one, whether there is such or not.</summary>
    public void AddPart(string device, string part) => Link($"{DeviceAt(device)}/slaves/{Path.GetFileName(part)}", DeviceAt(part));

    public void Remove(string path)
    {
        var whole = $"{Sysfs}/{path}";
        if (Directory.Exists(whole))
            Directory.Delete(whole, recursive: true);
        else
            File.Delete(whole);
    }

    public void Dispose() => _scratch.Dispose();

    private static void Link(string path, string target) =>
        File.CreateSymbolicLink(path, Path.GetRelativePath(Path.GetDirectoryName(path)!, target));

    private string DeviceAt(string path) => $"{Sysfs}/devices/{path}";

    private string AddDevice(string path, string kind)
    {
        var (number, name, directory) = ($"{Major}:{++_minor}", Path.GetFileName(path), DeviceAt(path));
        Directory.CreateDirectory(directory);
        File.WriteAllText($"{directory}/dev", $"{number}\n");
        File.WriteAllText($"{directory}/uevent", $"MAJOR={Major}\nMINOR={_minor}\nDEVNAME={name.Replace('!', '/')}\nDEVTYPE={kind}\n");
        Link($"{directory}/subsystem", $"{Sysfs}/class/block");
        Link($"{Sysfs}/class/block/{name}", directory);
        Link($"{Sysfs}/dev/block/{number}", directory);
        return number;
    }
}
