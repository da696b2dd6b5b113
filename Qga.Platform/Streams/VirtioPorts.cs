using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Streams;

/// <summary>The virtio-serial ports that the host has given the guest.</summary>
public static class VirtioPorts
{
    /// <summary>Where udev makes a link for each port, by the name that the host has given it.</summary>
    public const string Links = "/dev/virtio-ports/";

    private const string Class = "/sys/class/virtio-ports";

    /// <summary>The names of those that have one.</summary>
    public static IReadOnlyList<string> Names() => [.. All().Select(port => port.Name)];

    /// <summary>The device that a path leads to: in a guest without udev, that of the port which a missing link would be named after.</summary>
    public static string DeviceOf(string path) =>
        LibC.ReadLink(path, out var target) == Errno.Success ? Path.GetFullPath(target, Path.GetDirectoryName(path) ?? "/") : NamedBy(path) ?? path;

    /// <summary>The device of the port that a path in <see cref="Links"/> names, by what the kernel says; null if there is no such port.</summary>
    internal static string? NamedBy(string path)
    {
        if (!path.StartsWith(Links, StringComparison.Ordinal))
            return null;
        var name = path[Links.Length..];
        return All().Where(port => port.Name == name).Select(port => $"/dev/{port.Device}").FirstOrDefault();
    }

    private static IEnumerable<(string Device, string Name)> All() => LibC.List(Class, out var ports) != Errno.Success ? [] :
        ports.Select(port => (port, KernelFile.TryRead($"{Class}/{port}/name") ?? "")).Where(port => port.Item2.Length > 0);
}
