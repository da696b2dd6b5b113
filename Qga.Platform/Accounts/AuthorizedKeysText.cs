using System.Buffers;
using System.Text;
using Qga.Platform.Native;

namespace Qga.Platform.Accounts;

/// <summary>
/// The text of an authorized_keys file, see sshd(8): a key or a comment on each line. It need not be UTF-8, and the lines that are
/// not changed stay as they are byte for byte. What is around a key, a carriage return above all, is no part of it.
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
            var key = Trim(line).Span;
            if (!key.IsEmpty && key[0] != '#')
                keys.Add(KernelPath.Decode(key));
        }

        return keys;
    }

    /// <summary>Adds a line for each key that no line has.</summary>
    public static ReadOnlyMemory<byte> Add(ReadOnlyMemory<byte> text, IReadOnlyList<string> keys)
    {
        var missing = Set(keys);
        missing.Remove(default);
        foreach (var line in Lines(text))
            missing.Remove(Trim(line));
        return Join(Lines(text).Concat(Encoded(keys).Where(missing.Remove)));
    }

    /// <summary>Removes every line that has one of the keys.</summary>
    public static ReadOnlyMemory<byte> Remove(ReadOnlyMemory<byte> text, IReadOnlyList<string> keys)
    {
        var removed = Set(keys);
        return Join(Lines(text).Where(line => !removed.Contains(Trim(line))));
    }

    /// <summary>What is before each line feed, and what is behind the last one, if anything.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> text)
    {
        while (text.Span.IndexOf((byte)'\n') is >= 0 and var end)
        {
            yield return text[..end];
            text = text[(end + 1)..];
        }

        if (!text.IsEmpty)
            yield return text;
    }

    /// <summary>Each line ends in a line feed, and none at the end is empty: what somebody appends is a line of its own.</summary>
    private static ReadOnlyMemory<byte> Join(IEnumerable<ReadOnlyMemory<byte>> lines)
    {
        var text = new ArrayBufferWriter<byte>();
        var skipped = 0;
        foreach (var line in lines)
        {
            if (line.IsEmpty)
            {
                skipped++;
                continue;
            }

            for (; skipped > 0; skipped--)
                text.Write("\n"u8);
            text.Write(line.Span);
            text.Write("\n"u8);
        }

        return text.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> line) => line.Trim(Blanks);

    private static IEnumerable<ReadOnlyMemory<byte>> Encoded(IEnumerable<string> keys) =>
        keys.Select(key => Trim(Encoding.UTF8.GetBytes(key)));

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
