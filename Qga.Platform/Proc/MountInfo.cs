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
    public static IReadOnlyList<MountInfo> Parse(ReadOnlySpan<byte> text)
    {
        List<MountInfo> mounts = [];
        var table = Encoding.Latin1.GetString(text).AsSpan();
        foreach (var line in table.Split('\n'))
        {
            if (ParseLine(table[line]) is { } mount)
                mounts.Add(mount);
        }

        return mounts;
    }

    /// <summary>Whether the filesystem as a whole is mounted so that nothing can be written to it.</summary>
    public bool IsReadOnly => SuperOptions == "ro" || SuperOptions.StartsWith("ro,", StringComparison.Ordinal);

    /// <summary>The value of an option of the filesystem, without its escapes; null if it is not set.</summary>
    public string? SuperOption(string name)
    {
        foreach (var option in SuperOptions.Split(','))
        {
            if (option.Length > name.Length && option[name.Length] == '=' && option.StartsWith(name, StringComparison.Ordinal))
                return KernelPath.Unescape(option.AsSpan(name.Length + 1));
        }

        return null;
    }

    private static MountInfo? ParseLine(ReadOnlySpan<char> line)
    {
        // The dash ends fields whose number varies.
        var dash = line.IndexOf(" - ", StringComparison.Ordinal);
        if (dash < 0)
            return null;

        // The last of each takes what follows.
        var mount = line[..dash];
        var filesystem = line[(dash + 3)..];
        Span<Range> of = stackalloc Range[7];
        Span<Range> by = stackalloc Range[4];
        return mount.Split(of, ' ') >= 6 && filesystem.Split(by, ' ') is >= 2 and var count
            && Number(mount[of[0]]) is { } id && Number(mount[of[1]]) is { } parent && DeviceNumber.Parse(mount[of[2]]) is { } device
            ? new MountInfo(
                id,
                parent,
                device,
                KernelPath.Unescape(mount[of[3]]),
                KernelPath.Unescape(mount[of[4]]),
                KernelPath.Unescape(filesystem[by[0]]),
                KernelPath.Unescape(filesystem[by[1]]),
                count > 2 ? filesystem[by[2]].ToString() : "")
            : null;
    }

    private static int? Number(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
