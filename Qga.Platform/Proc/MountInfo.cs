using System.Globalization;
using System.Text;
using Qga.Platform.Native;

namespace Qga.Platform.Proc;

/// <summary>A line of /proc/self/mountinfo, see proc_pid_mountinfo(5).</summary>
/// <param name="Id">The mount's number.</param>
/// <param name="Parent">The number of the mount that it is mounted on.</param>
/// <param name="Device">What stat(2) gives as the device of its files, as a rule; of major 0 without a block device.</param>
/// <param name="Root">The directory of the filesystem that shows at the mount point.</param>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="Type">The filesystem's type.</param>
/// <param name="Source">The device, or whatever else the filesystem takes.</param>
/// <param name="SuperOptions">The options of the filesystem, separated by commas, with their escapes.</param>
internal sealed record MountInfo(
    int Id, int Parent, DeviceNumber Device, string Root, string MountPoint, string Type, string Source, string SuperOptions)
{
    /// <summary>Reads the table in its order; a line that makes no sense is left out.</summary>
    public static IReadOnlyList<MountInfo> Parse(ReadOnlySpan<byte> text) =>
        [.. Encoding.Latin1.GetString(text).Split('\n').Select(ParseLine).OfType<MountInfo>()];

    /// <summary>Whether the filesystem as a whole is mounted so that nothing can be written to it.</summary>
    public bool IsReadOnly => SuperOptions == "ro" || SuperOptions.StartsWith("ro,", StringComparison.Ordinal);

    /// <summary>The value of an option of the filesystem, without its escapes; null if it is not set.</summary>
    public string? SuperOption(string name)
    {
        foreach (var option in SuperOptions.Split(','))
        {
            if (option.Length > name.Length && option[name.Length] == '=' && option.StartsWith(name, StringComparison.Ordinal))
                return KernelPath.Unescape(option[(name.Length + 1)..]);
        }

        return null;
    }

    private static MountInfo? ParseLine(string line)
    {
        // The dash ends fields whose number varies.
        var halves = line.Split(" - ", 2);
        if (halves.Length < 2)
            return null;

        var mount = halves[0].Split(' ');
        var filesystem = halves[1].Split(' ');
        return mount.Length >= 6 && filesystem.Length >= 2
            && Number(mount[0]) is { } id && Number(mount[1]) is { } parent && DeviceNumber.Parse(mount[2]) is { } device
            ? new MountInfo(
                id,
                parent,
                device,
                KernelPath.Unescape(mount[3]),
                KernelPath.Unescape(mount[4]),
                KernelPath.Unescape(filesystem[0]),
                KernelPath.Unescape(filesystem[1]),
                filesystem.ElementAtOrDefault(2) ?? "")
            : null;
    }

    private static int? Number(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
