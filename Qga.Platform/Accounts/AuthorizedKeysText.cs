using System.Text;
using Qga.Platform.Proc;

namespace Qga.Platform.Accounts;

/// <summary>
/// The text of an authorized_keys file, see sshd(8): a key or a comment on each line. It need not be UTF-8, and what is not
/// changed stays as it is byte for byte; so here each character of a text is one byte.
/// </summary>
internal static class AuthorizedKeysText
{
    /// <summary>What is blank to GLib's g_strstrip, and so to qemu-ga.</summary>
    private static readonly char[] Blanks = [' ', '\t', '\f', '\r'];

    /// <summary>The keys: lines without the blanks around them, comments and empty ones left out.</summary>
    public static IEnumerable<string> Keys(string text) =>
        from line in Lines(text)
        let key = line.Trim(Blanks)
        where key.Length > 0 && key[0] != '#'
        select KernelPath.Decode(Encoding.Latin1.GetBytes(key));

    /// <summary>Adds a line for each key that no line is equal to. A final line feed counts as an empty line at the end, as with qemu-ga.</summary>
    public static string Add(string text, IEnumerable<string> keys)
    {
        var lines = Lines(text);
        var known = lines.ToHashSet(StringComparer.Ordinal);
        return string.Join('\n', lines.Concat(keys.Select(LineOf).Where(known.Add)));
    }

    /// <summary>Removes every line that is equal to a key.</summary>
    public static string Remove(string text, IEnumerable<string> keys)
    {
        var removed = keys.Select(LineOf).ToHashSet(StringComparer.Ordinal);
        return string.Join('\n', Lines(text).Where(line => !removed.Contains(line)));
    }

    private static string LineOf(string key) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(key));

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.Split('\n');
}
