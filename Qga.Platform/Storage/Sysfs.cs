using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>What storage reads in /sys. Paths are those in it, as in <c>/devices/virtual/block/dm-0</c>.</summary>
/// <param name="root">Where sysfs is mounted.</param>
internal sealed class Sysfs(string root)
{
    /// <summary>Where a link leads to; null if it is none.</summary>
    public string? Target(string link)
    {
        var path = $"{root}{link}";
        if (LibC.ReadLink(path, out var target) != Errno.Success)
            return null;

        // What a link of the kernel passes through is no link itself, so the text tells.
        path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, target));
        return path.StartsWith(root, StringComparison.Ordinal) && path.AsSpan(root.Length).StartsWith('/') ? path[root.Length..] : null;
    }

    /// <summary>The last part of where a link leads to; null if it is none.</summary>
    public string? NameBehind(string link) => Target(link) is { } target ? Path.GetFileName(target) : null;

    /// <summary>What is in a directory, in the kernel's order.</summary>
    public Errno List(string directory, out List<string> names) => LibC.List($"{root}{directory}", out names);

    /// <summary>What a device's file tells; null if it can't be read.</summary>
    public string? Read(string device, string file) => KernelFile.TryReadAttribute($"{root}{device}/{file}");

    /// <summary>What the kernel tells of the device in a directory.</summary>
    public DeviceIdentity IdentityOf(string device)
    {
        var lines = Read(device, "uevent");
        var number = Variable(lines, "MAJOR") is { } major && Variable(lines, "MINOR") is { } minor ? $"{major}:{minor}" : Read(device, "dev");

        // The name of a node is the kernel's, with slashes where a name can't have any.
        return new DeviceIdentity(Variable(lines, "DEVNAME") is { Length: > 0 } name ? $"/dev/{name}" : null, DeviceNumber.Parse(number));
    }

    /// <summary>The value in the last line <c>KEY=value</c> of that key; null if it has none.</summary>
    /// <param name="lines">What is read; null is nothing.</param>
    /// <param name="key">The key.</param>
    /// <param name="counts">Whether a line of that value counts; null for any.</param>
    public static string? Variable(string? lines, string key, Predicate<string>? counts = null)
    {
        string? value = null;
        foreach (var line in lines.AsSpan().EnumerateLines())
        {
            if (line.Length > key.Length && line[key.Length] == '=' && line.StartsWith(key, StringComparison.Ordinal))
            {
                var found = line[(key.Length + 1)..].ToString();
                value = counts?.Invoke(found) == false ? value : found;
            }
        }

        return value;
    }
}

/// <summary>A block device by the path of its node and by its number, as far as the kernel tells them.</summary>
internal readonly record struct DeviceIdentity(string? Node, DeviceNumber? Number);
