using System.Text;
using Qga.Platform.Native;

namespace Qga.Platform.Proc;

/// <summary>
/// Files of <c>KEY=value</c> lines in a shell's manner, as os-release(5) describes them. A line that is none is left out, and so
/// is what follows a value.
/// </summary>
internal static class AssignmentFile
{
    /// <summary>What GLib, by which qemu-ga reads such files, takes for blanks.</summary>
    private static readonly char[] Blanks = [' ', '\t', '\f', '\r'];

    /// <summary>Gives the value of each key, the last one of several.</summary>
    public static Dictionary<string, string> Parse(ReadOnlySpan<byte> text)
    {
        var values = new Dictionary<string, string>();
        foreach (var line in KernelPath.Decode(text).Split('\n'))
        {
            var assignment = line.Trim(Blanks);
            var equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && assignment[0] != '#')
                values[assignment[..equals].TrimEnd(Blanks)] = ValueOf(assignment[(equals + 1)..].TrimStart(Blanks));
        }

        return values;
    }

    private static string ValueOf(string text) => text switch
    {
        ['"', ..] => Unescape(text[1..]),
        ['\'', ..] => text[1..].Split('\'')[0],
        _ => text.Split(' ', ';')[0],
    };

    /// <summary>What is between double quotes; where the second is missing, all.</summary>
    private static string Unescape(string text)
    {
        var value = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length && text[i] != '"'; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '$' or '\'' or '"' or '\\' or '`')
                i++;
            value.Append(text[i]);
        }

        return value.ToString();
    }
}
