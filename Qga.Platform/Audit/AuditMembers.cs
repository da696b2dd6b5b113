using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Qga.Platform.Native;

namespace Qga.Platform.Audit;

/// <summary>
/// Names and values in their order. Texts may be the host's own words: each is cut, and each list, so that no record grows with its request.
/// What was cut is told by its length and its SHA-256.
/// </summary>
public sealed class AuditMembers
{
    /// <summary>How many characters a text may have.</summary>
    internal const int LongestText = 1024;

    /// <summary>How many a list of texts may have in all.</summary>
    internal const int LongestList = 2048;

    /// <summary>How many texts a list may have.</summary>
    internal const int MostTexts = 16;

    /// <summary>How many filesystems or calls of the hook a record may have.</summary>
    internal const int MostMembers = 64;

    /// <summary>What is left of a text that is cut: of a path, the end says most.</summary>
    private const int KeptHead = 640;
    private const int KeptTail = 256;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Except("\"\\")]);

    private readonly List<(string Name, object Value)> _members = [];

    public bool IsEmpty => _members.Count == 0;

    /// <summary>Adds a text; null for none.</summary>
    public AuditMembers Add(string name, string? text) => text is null ? this : AddValue(name, Cut(text));

    /// <summary>Adds a number; null for none.</summary>
    public AuditMembers Add(string name, long? number) => number is null ? this : AddValue(name, number.Value);

    public AuditMembers Add(string name, bool flag) => AddValue(name, flag);

    /// <summary>Adds a list of texts; null for none.</summary>
    public AuditMembers Add(string name, IReadOnlyList<string>? texts)
    {
        if (texts is null)
            return this;
        List<string> kept = [];
        for (var room = LongestList; kept.Count < Math.Min(texts.Count, MostTexts); room -= kept[^1].Length)
        {
            if (Cut(texts[kept.Count]) is var text && text.Length > room)
                break;
            kept.Add(text);
        }

        if (kept.Count < texts.Count)
            kept.Add($"... ({CutOf(texts.Count, string.Join('\0', texts))}, each with a NUL between)");
        return AddValue(name, kept);
    }

    /// <summary>Adds members that belong together. The journal has them beside the others.</summary>
    public AuditMembers Add(string name, AuditMembers members) => members.IsEmpty ? this : AddValue(name, members);

    /// <summary>Adds a list of such; the journal has each in JSON. An empty one is none.</summary>
    public AuditMembers Add(string name, IReadOnlyList<AuditMembers> list)
    {
        if (list.Count == 0)
            return this;
        List<AuditMembers> kept = [.. list.Take(MostMembers)];
        if (list.Count > MostMembers)
            kept.Add(new AuditMembers().Add("cut", $"{list.Count} in all"));
        return AddValue(name, kept);
    }

    /// <summary>The same for people.</summary>
    public override string ToString() => string.Join(' ', _members.Select(member => $"{member.Name}={TextOf(member.Value)}"));

    /// <summary>A text as a record has it.</summary>
    public static string Cut(string text) => text.Length <= LongestText
        ? text
        : $"{text.AsSpan(0, KeptHead)}... ({CutOf(text.Length, text)}) ...{text.AsSpan(text.Length - KeptTail)}";

    /// <summary>Writes them as they stand in an object of JSON, each with a comma before it.</summary>
    internal void AppendTo(ArrayBufferWriter<byte> json)
    {
        foreach (var (name, value) in _members)
        {
            json.Write(","u8);
            AppendMember(json, name, value);
        }
    }

    /// <summary>The fields of the journal that tell the same, each by its name there.</summary>
    internal IEnumerable<(string Name, byte[] Value)> Fields()
    {
        foreach (var (name, value) in _members)
        {
            switch (value)
            {
                case AuditMembers members:
                    foreach (var field in members.Fields())
                        yield return field;
                    break;
                case IReadOnlyList<AuditMembers> list:
                    foreach (var members in list)
                        yield return (FieldOf(name), members.ToJson());
                    break;
                case IReadOnlyList<string> texts:
                    foreach (var text in texts)
                        yield return (FieldOf(name), KernelPath.Bytes(text).ToArray());
                    break;
                case bool flag:
                    yield return (FieldOf(name), flag ? "1"u8.ToArray() : "0"u8.ToArray());
                    break;
                default:
                    yield return (FieldOf(name), KernelPath.Bytes(Convert.ToString(value, CultureInfo.InvariantCulture)!).ToArray());
                    break;
            }
        }
    }

    /// <summary>
    /// A text in JSON. Nothing in it can end a line, or change how a terminal shows it; bytes that are no UTF-8 stay what they are.
    /// </summary>
    internal static void AppendText(ArrayBufferWriter<byte> json, ReadOnlySpan<char> text)
    {
        json.Write("\""u8);
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAnyExcept(Plain) is >= 0 and var end ? end : text.Length;
            Encoding.ASCII.GetBytes(text[..plain], json);
            if (plain < text.Length)
                AppendEscaped(json, text[plain++]);
            text = text[plain..];
        }

        json.Write("\""u8);
    }

    private static void AppendEscaped(ArrayBufferWriter<byte> json, char character)
    {
        if (character is '"' or '\\')
        {
            json.Write([(byte)'\\', (byte)character]);
            return;
        }

        json.Write("\\u"u8);
        _ = Utf8Formatter.TryFormat((int)character, json.GetSpan(4), out var count, new StandardFormat('x', 4));
        json.Advance(count);
    }

    private static string FieldOf(string name) => $"QGA_{name.ToUpperInvariant().Replace('-', '_')}";

    private static string CutOf(int count, string all) => $"cut: {count} in all, sha256 {Sha256.HexOf(KernelPath.Bytes(all))}";

    private static string TextOf(object value) => value switch
    {
        IReadOnlyList<string> texts => string.Join(',', texts),
        IReadOnlyList<AuditMembers> list => string.Join("; ", list),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static void AppendMember(ArrayBufferWriter<byte> json, string name, object value)
    {
        AppendText(json, name);
        json.Write(":"u8);
        AppendValue(json, value);
    }

    private static void AppendValue(ArrayBufferWriter<byte> json, object value)
    {
        switch (value)
        {
            case string text: AppendText(json, text); break;
            case bool flag: json.Write(flag ? "true"u8 : "false"u8); break;
            case AuditMembers members: members.AppendObject(json); break;
            case IReadOnlyList<AuditMembers> list: AppendList(json, list, static (json, members) => members.AppendObject(json)); break;
            case IReadOnlyList<string> texts: AppendList(json, texts, static (json, text) => AppendText(json, text)); break;
            default: json.Write(Encoding.ASCII.GetBytes(Convert.ToString(value, CultureInfo.InvariantCulture)!)); break;
        }
    }

    private static void AppendList<T>(ArrayBufferWriter<byte> json, IReadOnlyList<T> list, Action<ArrayBufferWriter<byte>, T> append)
    {
        json.Write("["u8);
        for (var index = 0; index < list.Count; index++)
        {
            if (index > 0)
                json.Write(","u8);
            append(json, list[index]);
        }

        json.Write("]"u8);
    }

    private AuditMembers AddValue(string name, object value)
    {
        _members.Add((name, value));
        return this;
    }

    private void AppendObject(ArrayBufferWriter<byte> json)
    {
        json.Write("{"u8);
        for (var index = 0; index < _members.Count; index++)
        {
            if (index > 0)
                json.Write(","u8);
            AppendMember(json, _members[index].Name, _members[index].Value);
        }

        json.Write("}"u8);
    }

    private byte[] ToJson()
    {
        var json = new ArrayBufferWriter<byte>();
        AppendObject(json);
        return json.WrittenSpan.ToArray();
    }
}
