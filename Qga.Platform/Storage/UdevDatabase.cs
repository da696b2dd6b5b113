using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>What udev has found out about block devices, in the files that its library reads. Without udev nothing is known.</summary>
/// <param name="directory">Usually /run/udev/data.</param>
internal sealed class UdevDatabase(string directory)
{
    /// <summary>What is known of a device; null if that is nothing.</summary>
    public string? RecordOf(DeviceNumber? device) => device is { } number ? KernelFile.TryReadAttribute($"{directory}/b{number}") : null;

    /// <summary>A property that is set and not empty; null otherwise. What is not UTF-8 udev's library doesn't take for one.</summary>
    public static string? Property(string? record, string key) =>
        Sysfs.Variable(record, $"E:{key}", KernelPath.IsUtf8) is { Length: > 0 } value ? value : null;
}
