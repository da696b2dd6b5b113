using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Diagnosis;

/// <summary>The virtio-serial ports that the host has given the guest.</summary>
public static class VirtioPorts
{
    private const string Class = "/sys/class/virtio-ports";

    /// <summary>The names of those that have one.</summary>
    public static IReadOnlyList<string> Names() => LibC.List(Class, out var ports) != Errno.Success ? [] :
        [.. ports.Select(port => KernelFile.TryRead($"{Class}/{port}/name")).OfType<string>().Where(name => name.Length > 0)];

    /// <summary>The device that a path leads to.</summary>
    public static string DeviceOf(string path) =>
        LibC.ReadLink(path, out var target) == Errno.Success ? Path.GetFullPath(target, Path.GetDirectoryName(path) ?? "/") : path;
}
