using System.Buffers;
using System.Globalization;
using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Trust;

namespace Qga.Platform.Configuration;

/// <summary>
/// A file of groups and <c>key=value</c> lines in GLib's key file syntax
/// (https://docs.gtk.org/glib/struct.KeyFile.html), the format of qemu-ga.conf and qga.state.
/// </summary>
/// <remarks>
/// Such a file is bytes until a value is asked for: only then must that one value be UTF-8. Inside, a char is one byte
/// (Latin-1), and <see cref="Decode"/> makes text of it.
/// </remarks>
public sealed class KeyFile
{
    /// <summary>What <c>g_ascii_isspace</c> takes for a blank; the vertical tab is none.</summary>
    private static readonly char[] Blanks = [' ', '\t', '\n', '\f', '\r'];

    private static readonly SearchValues<char> Brackets = SearchValues.Create("[]");

    private readonly List<Group> _groups = [];

    private sealed record Group(string Name, List<Entry> Entries);

    /// <param name="Key">The key.</param>
    /// <param name="Values">What was given for it, the last one in force.</param>
    private sealed record Entry(string Key, List<string> Values)
    {
        public string Value => Values[^1];
    }

    public IEnumerable<string> Groups => _groups.Select(group => group.Name);

    /// <summary>Reads the file, which no link may lead to; <c>null</c> when there is none.</summary>
    /// <exception cref="KeyFileException">It can't be read or isn't a key file.</exception>
    public static KeyFile? Load(string path) => Load(path, LibC.O_NOFOLLOW, static _ => { });

    /// <summary>Reads the file, unless somebody else than we and root can write it, or put another in its place.</summary>
    /// <exception cref="KeyFileException">It can't be read, isn't a key file, or isn't safe.</exception>
    public static KeyFile? LoadTrusted(string path)
    {
        var file = Load(path, flags: 0, CheckTrust);
        return file is not null && FileTrust.Weakness(path) is { } weakness
            ? throw new KeyFileException($"{weakness}, which would let them control the agent")
            : file;
    }

    private static void CheckTrust(LibC.FileStatus status)
    {
        if (status.IsWritableByOthers)
        {
            throw new KeyFileException(
                $"the file is writable by group or others (mode {FileModes.Octal(status.Permissions)}), which would let them control the agent");
        }

        if (status.Uid != 0 && status.Uid != LibC.EffectiveUserId())
            throw new KeyFileException($"the file belongs to user {status.Uid}, which would let it control the agent");
    }

    public static KeyFile Parse(ReadOnlySpan<byte> text)
    {
        var file = new KeyFile();
        Group? group = null;
        foreach (var line in Encoding.Latin1.GetString(text).Replace("\r\n", "\n").Split('\n'))
            group = file.ReadLine(line, group);
        return file;
    }

    public IEnumerable<string> Keys(string group) => Find(group)?.Entries.Select(entry => entry.Key) ?? [];

    /// <summary>The value with its escapes resolved, the last one if there are several; <c>null</c> without such a key.</summary>
    public string? GetString(string group, string key) => Find(group, key) is { } raw ? Text(key, raw) : null;

    /// <summary>All values of a key, in the order of the file.</summary>
    public IReadOnlyList<string> GetStrings(string group, string key) =>
        [.. FindEntry(group, key)?.Values.Select(raw => Text(key, raw)) ?? []];

    public bool? GetBoolean(string group, string key) => Find(group, key)?.TrimEnd(Blanks) switch
    {
        null => null,
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw NotInterpreted(key),
    };

    /// <summary>A 32-bit number; what follows it after a blank is ignored.</summary>
    public int? GetInt32(string group, string key)
    {
        if (Find(group, key) is not { } raw)
            return null;

        var end = raw.AsSpan().IndexOfAny(Blanks);
        var digits = end < 0 ? raw : raw.AsSpan(0, end);
        return int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw NotInterpreted(key);
    }

    /// <summary>Whether a key has several values.</summary>
    public bool IsRepeated(string group, string key) => FindEntry(group, key) is { Values.Count: > 1 };

    public void Set(string group, string key, string value)
    {
        var target = Find(group);
        if (target is null)
            _groups.Add(target = new Group(group, []));
        var values = EntryOf(target, key).Values;
        values.Clear();
        values.Add(Encoding.Latin1.GetString(KernelPath.Bytes(Escape(value))));
    }

    public void Set(string group, string key, bool value) => Set(group, key, value ? "true" : "false");

    public byte[] ToBytes() => Encoding.Latin1.GetBytes(string.Join('\n', _groups.Select(group =>
        $"[{group.Name}]\n{string.Concat(group.Entries.Select(entry => $"{entry.Key}={entry.Value}\n"))}")));

    public override string ToString() => KernelPath.Decode(ToBytes());

    private static KeyFile? Load(string path, int flags, Action<LibC.FileStatus> check)
    {
        // Without O_NONBLOCK a FIFO in the file's place would hold up the start for ever.
        var errno = LibC.Open(path, LibC.O_RDONLY | LibC.O_NONBLOCK | flags, out var file);
        using (file)
        {
            if (errno == Errno.ENOENT)
                return null;

            LibC.FileStatus status = default;
            byte[] content = [];
            if (errno == Errno.Success)
                errno = LibC.Status(file, out status);
            if (errno == Errno.Success && !status.IsRegularFile)
                throw new KeyFileException("Not a regular file");

            if (errno == Errno.Success)
                errno = LibC.ReadToEnd(file, out content);
            if (errno != Errno.Success)
                throw new KeyFileException(LibC.TextOf(errno)) { IsLasting = SystemCallException.IsLastingError(errno) };

            check(status);
            return Parse(content);
        }
    }

    private Group? ReadLine(string line, Group? current)
    {
        // GLib's lines are C strings.
        var text = line.Split('\0')[0].TrimStart(Blanks);
        if (text.Length == 0 || text[0] == '#')
            return current;

        if (GroupName(text) is { } name)
        {
            if (name.Length == 0 || name.Any(c => c == '[' || char.IsAscii(c) && char.IsControl(c)))
                throw new KeyFileException($"Invalid group name: {Readable(name)}");

            if (Find(name) is { } known)
                return known;

            _groups.Add(new Group(name, []));
            return _groups[^1];
        }

        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            var shown = Decode(line, static _ => "\uFFFD", out _).Replace('\0', '\uFFFD');
            throw new KeyFileException($"Key file contains line “{shown}” which is not a key-value pair, group, or comment");
        }

        if (current is null)
            throw new KeyFileException("Key file does not start with a group");

        var key = text[..equals].TrimEnd(Blanks);
        if (!IsKey(key))
            throw new KeyFileException($"Invalid key name: {Readable(key)}");

        var value = text[(equals + 1)..].TrimStart(Blanks);
        if (key == "Encoding" && current == _groups[0] && !value.Equals("UTF-8", StringComparison.OrdinalIgnoreCase))
            throw new KeyFileException($"Key file contains unsupported encoding “{Readable(value)}”");

        EntryOf(current, key).Values.Add(value);
        return current;
    }

    /// <summary><c>[name]</c> with nothing but spaces and tabs behind; anything else is no group line.</summary>
    private static string? GroupName(string text)
    {
        var end = text.IndexOf(']', StringComparison.Ordinal);
        return text[0] == '[' && end > 0 && text.AsSpan(end + 1).Trim(" \t").IsEmpty ? text[1..end] : null;
    }

    /// <summary>A name without brackets, or with a locale in brackets at its end.</summary>
    private static bool IsKey(string key)
    {
        var bracket = key.AsSpan().IndexOfAny(Brackets);
        return bracket < 0
            || bracket > 0 && key[bracket] == '[' && key[bracket - 1] != ' ' && key[^1] == ']'
                && IsLocale(key[(bracket + 1)..^1]);
    }

    private static bool IsLocale(string raw) =>
        Decode(raw, static _ => "\uFFFD", out _).EnumerateRunes()
            .All(rune => Rune.IsLetterOrDigit(rune) || rune.Value is '-' or '_' or '.' or '@');

    private Group? Find(string group) => _groups.Find(candidate => candidate.Name == group);

    private Entry? FindEntry(string group, string key) => Find(group)?.Entries.Find(entry => entry.Key == key);

    private string? Find(string group, string key) => FindEntry(group, key)?.Value;

    private static Entry EntryOf(Group group, string key)
    {
        var entry = group.Entries.Find(candidate => candidate.Key == key);
        if (entry is null)
            group.Entries.Add(entry = new Entry(key, []));
        return entry;
    }

    private static string Text(string key, string raw)
    {
        var value = Decode(raw, static _ => "\uFFFD", out var isUtf8);
        if (!isUtf8)
            throw new KeyFileException($"Key file contains key “{key}” with value “{value}” which is not UTF-8");

        return Unescape(value) ?? throw NotInterpreted(key);
    }

    private static KeyFileException NotInterpreted(string key) =>
        new($"Key file contains key “{key}” which has a value that cannot be interpreted.");

    private static string Readable(string raw) => Decode(raw, static invalid => $"\\x{invalid:x2}", out _);

    /// <summary>Text of bytes, with a stand-in for each byte that is not UTF-8.</summary>
    private static string Decode(string raw, Func<byte, string> standIn, out bool isUtf8)
    {
        var text = new StringBuilder();
        isUtf8 = true;
        for (ReadOnlySpan<byte> bytes = Encoding.Latin1.GetBytes(raw); !bytes.IsEmpty;)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done)
            {
                text.Append(rune);
                bytes = bytes[length..];
            }
            else
            {
                text.Append(standIn(bytes[0]));
                bytes = bytes[1..];
                isUtf8 = false;
            }
        }

        return text.ToString();
    }

    private static string? Unescape(string value)
    {
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '\\')
            {
                text.Append(value[i]);
                continue;
            }

            var next = ++i < value.Length ? value[i] : '\0';
            if (next is not ('s' or 'n' or 't' or 'r' or '\\'))
                return null;

            text.Append(next switch { 's' => ' ', 'n' => '\n', 't' => '\t', 'r' => '\r', _ => '\\' });
        }

        return text.ToString();
    }

    private static string Escape(string value)
    {
        var text = new StringBuilder(value.Length);
        var leading = true;
        foreach (var c in value)
        {
            text.Append(c switch
            {
                ' ' when leading => @"\s",
                '\t' when leading => @"\t",
                '\n' => @"\n",
                '\r' => @"\r",
                '\\' => @"\\",
                _ => c.ToString(),
            });
            leading &= c is ' ' or '\t' or '\n' or '\r';
        }

        return text.ToString();
    }
}

/// <summary>A key file can't be read, in GLib's words.</summary>
public sealed class KeyFileException(string message) : Exception(message)
{
    /// <summary>Whether it fails again until somebody changes the file.</summary>
    public bool IsLasting { get; init; } = true;
}
