using Qga.Platform.Native;
using Qga.Platform.Storage;
using Qga.Testing;

namespace Qga.Platform.Tests.Storage;

/// <summary>A /sys with the block devices that a test asks for.</summary>
internal sealed class FakeSysfs : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public FakeSysfs()
    {
        Directory.CreateDirectory(_scratch.PathOf("dev/block"));
        Devices = new BlockDevices(_scratch.Root, _scratch.PathOf("no-nodes"));
    }

    public BlockDevices Devices { get; }

    /// <summary>A disk, or a device that is made of others.</summary>
    public DeviceNumber Add(string name, DeviceNumber number, params string[] parts)
    {
        AddDevice(name, number, "disk");
        Directory.CreateDirectory(PathOf(name, "slaves"));
        foreach (var part in parts)
            File.CreateSymbolicLink(PathOf(name, $"slaves/{part}"), $"../../{part}");
        return number;
    }

    public DeviceNumber AddPartition(string disk, string name, DeviceNumber number)
    {
        AddDevice($"{disk}/{name}", number, "partition");
        return number;
    }

    public DeviceNumber AddLoop(int number, string backingFile)
    {
        var device = Add($"loop{number}", new DeviceNumber(7, (uint)number));
        Write($"loop{number}", "loop/backing_file", backingFile + "\n");
        return device;
    }

    public void AddBtrfs(string id, params string[] members)
    {
        Directory.CreateDirectory(_scratch.PathOf($"fs/btrfs/{id}/devices"));
        foreach (var member in members)
            File.CreateSymbolicLink(_scratch.PathOf($"fs/btrfs/{id}/devices/{member}"), PathOf(member, ""));
    }

    public void Write(string name, string file, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name, file))!);
        File.WriteAllText(PathOf(name, file), content);
    }

    public void Dispose() => _scratch.Dispose();

    private void AddDevice(string path, DeviceNumber number, string kind)
    {
        Write(path, "dev", $"{number}\n");
        Write(path, "uevent", $"MAJOR={number.Major}\nMINOR={number.Minor}\nDEVNAME={Path.GetFileName(path)}\nDEVTYPE={kind}\n");
        File.CreateSymbolicLink(_scratch.PathOf($"dev/block/{number}"), $"../../devices/block/{path}");
    }

    private string PathOf(string device, string file) => _scratch.PathOf($"devices/block/{device}/{file}");
}
