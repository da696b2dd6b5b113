using System.Globalization;
using Qga.Platform.Native;
using Qga.Platform.Proc;

namespace Qga.Platform.Storage;

/// <summary>A line of /proc/diskstats, see Documentation/admin-guide/iostats.rst.</summary>
/// <param name="Name">The kernel's name of the device.</param>
/// <param name="Number">Its number.</param>
/// <param name="Counters">
/// In the kernel's order: 11, followed by 4 of discards since Linux 4.18, and by 2 of flushes since 5.5. The 4 of a partition
/// before Linux 2.6.25. None if they make no sense. In requests, milliseconds, and sectors of 512 bytes.
/// </param>
public sealed record DiskStatistics(string Name, DeviceNumber Number, IReadOnlyList<ulong> Counters)
{
    /// <summary>How many counters a line of an old partition has.</summary>
    public const int OldPartition = 4;

    private const int Basic = 11;
    private const int WithDiscards = 15;
    private const int WithFlushes = 17;

    /// <summary>Reads the table in its order; a line without a device or any counters is left out.</summary>
    internal static IReadOnlyList<DiskStatistics> Parse(ReadOnlySpan<byte> text)
    {
        var all = new List<DiskStatistics>();
        foreach (var line in text.Split((byte)'\n'))
        {
            if (ParseLine(text[line]) is { } statistics)
                all.Add(statistics);
        }

        return all;
    }

    private static DiskStatistics? ParseLine(ReadOnlySpan<byte> line)
    {
        Span<ulong> counters = stackalloc ulong[WithFlushes];
        if (!uint.TryParse(Fields.Next(ref line), NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            || !uint.TryParse(Fields.Next(ref line), NumberStyles.None, CultureInfo.InvariantCulture, out var minor))
        {
            return null;
        }

        var name = Fields.Next(ref line);
        var count = 0;
        while (count < counters.Length
            && ulong.TryParse(Fields.Next(ref line), NumberStyles.None, CultureInfo.InvariantCulture, out counters[count]))
        {
            count++;
        }

        if (count < OldPartition)
            return null;
        var known = count switch
        {
            OldPartition => OldPartition,
            < Basic => 0,
            < WithDiscards => Basic,
            < WithFlushes => WithDiscards,
            _ => WithFlushes,
        };
        return new DiskStatistics(KernelPath.Decode(name), new DeviceNumber(major, minor), counters[..known].ToArray());
    }
}
