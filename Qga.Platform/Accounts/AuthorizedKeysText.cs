using System.Buffers;
using System.Text;
using Qga.Platform.Proc;

namespace Qga.Platform.Accounts;

/// <summary>
/// The text of an authorized_keys file, see sshd(8): a key or a comment on each line. It need not be UTF-8, and what is not
/// changed stays as it is byte for byte.
/// </summary>
internal static class AuthorizedKeysText
{
    /// <summary>What is blank to GLib's g_strstrip, and so to qemu-ga.</summary>
    private static ReadOnlySpan<byte> Blanks => " \t\f\r"u8;

    /// <summary>The keys: lines without the blanks around them, comments and empty ones left out.</summary>
    public static List<string> Keys(ReadOnlyMemory<byte> text)
    {
        var keys = new List<string>();
        foreach (var line in Lines(text))
        {
            var key = line.Span.Trim(Blanks);
            if (!key.IsEmpty && key[0] != '#')
                keys.Add(KernelPath.Decode(key));
        }

        return keys;
    }

    /// <summary>Adds a line for each key that no line is equal to. A final line feed counts as an empty line at the end, as with qemu-ga.</summary>
    public static ReadOnlyMemory<byte> Add(ReadOnlyMemory<byte> text, IReadOnlyList<string> keys)
    {
        var missing = Set(keys);
        foreach (var line in Lines(text))
            missing.Remove(line);
        var added = Encoded(keys).Where(missing.Remove);
        return Join(text.IsEmpty ? added : added.Prepend(text));
    }

    /// <summary>Removes every line that is equal to a key.</summary>
    public static ReadOnlyMemory<byte> Remove(ReadOnlyMemory<byte> text, IReadOnlyList<string> keys)
    {
        var removed = Set(keys);
        return Join(Lines(text).Where(line => !removed.Contains(line)));
    }

    /// <summary>What is between the line feeds; an empty text has no line.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> text)
    {
        if (text.IsEmpty)
            yield break;
        while (text.Span.IndexOf((byte)'\n') is >= 0 and var end)
        {
            yield return text[..end];
            text = text[(end + 1)..];
        }

        yield return text;
    }

    private static ReadOnlyMemory<byte> Join(IEnumerable<ReadOnlyMemory<byte>> lines)
    {
        var text = new ArrayBufferWriter<byte>();
        var isFirst = true;
        foreach (var line in lines)
        {
            if (!isFirst)
                text.Write("\n"u8);
            text.Write(line.Span);
            isFirst = false;
        }

        return text.WrittenMemory;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Encoded(IEnumerable<string> keys) =>
        keys.Select(key => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(key));

    private static HashSet<ReadOnlyMemory<byte>> Set(IEnumerable<string> keys) => new(Encoded(keys), BytesComparer.Instance);

    private sealed class BytesComparer : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static readonly BytesComparer Instance = new();

        public bool Equals(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) => left.Span.SequenceEqual(right.Span);

        public int GetHashCode(ReadOnlyMemory<byte> bytes)
        {
            var hash = default(HashCode);
            hash.AddBytes(bytes.Span);
            return hash.ToHashCode();
        }
    }
}
