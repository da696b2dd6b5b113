using System.Text;
using Qga.Platform.Native;

namespace Qga.Platform.Proc;

/// <summary>A line of /proc/self/mounts, see fstab(5).</summary>
internal sealed record MountTableEntry(string Source, string MountPoint, string Type)
{
    /// <summary>Reads the table in its order; comments and lines that make no sense are left out.</summary>
    public static IReadOnlyList<MountTableEntry> Parse(ReadOnlySpan<byte> text) =>
        [.. Encoding.Latin1.GetString(text).Split('\n').Select(ParseLine).OfType<MountTableEntry>()];

    private static MountTableEntry? ParseLine(string line)
    {
        var fields = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return fields.Length >= 3 && fields[0][0] != '#'
            ? new MountTableEntry(KernelPath.Unescape(fields[0]), KernelPath.Unescape(fields[1]), KernelPath.Unescape(fields[2]))
            : null;
    }
}
