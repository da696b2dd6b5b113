using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>What udev has found out about block devices, in the files that its library reads. Without udev nothing is known.</summary>
/// <param name="directory">Usually /run/udev/data.</param>
internal sealed class UdevDatabase(string directory)
{
    /// <summary>A property that is set and not empty; null otherwise.</summary>
    public string? Property(DeviceNumber device, string key) =>
        Sysfs.Variable(KernelFile.TryRead($"{directory}/b{device}"), $"E:{key}") is { Length: > 0 } value ? value : null;
}
