using System.Globalization;
using System.Text;
using Qga.Platform.Native;

namespace Qga.Platform.Audit;

/// <summary>Names and values in their order. Texts may be the host's own words: each is cut after so many characters.</summary>
public sealed class AuditMembers
{
    /// <summary>As long as a path can be.</summary>
    internal const int LongestText = 4096;

    /// <summary>Of a list of texts; the rest is told by its number.</summary>
    internal const int MostTexts = 64;

    private readonly List<(string Name, object Value)> _members = [];

    public bool IsEmpty => _members.Count == 0;

    /// <summary>How many characters its names and texts have.</summary>
    internal int Length => _members.Sum(member => member.Name.Length + LengthOf(member.Value));

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
        List<string> kept = [.. texts.Take(MostTexts).Select(Cut)];
        if (texts.Count > MostTexts)
            kept.Add($"... (cut: {texts.Count} in all)");
        return AddValue(name, kept);
    }

    /// <summary>Adds members that belong together. The journal has them beside the others.</summary>
    public AuditMembers Add(string name, AuditMembers members) => members.IsEmpty ? this : AddValue(name, members);

    /// <summary>Adds a list of such; the journal has each in JSON. An empty one is none.</summary>
    public AuditMembers Add(string name, IReadOnlyList<AuditMembers> list)
    {
        if (list.Count == 0)
            return this;
        List<AuditMembers> kept = [.. list.Take(MostTexts)];
        if (list.Count > MostTexts)
            kept.Add(new AuditMembers().Add("cut", $"{list.Count} in all"));
        return AddValue(name, kept);
    }

    /// <summary>The same for people.</summary>
    public override string ToString() => string.Join(' ', _members.Select(member => $"{member.Name}={TextOf(member.Value)}"));

    /// <summary>Writes them as they stand in an object of JSON, each with a comma before it.</summary>
    internal void AppendTo(StringBuilder json)
    {
        foreach (var (name, value) in _members)
        {
            json.Append(',');
            AppendText(json, name);
            json.Append(':');
            AppendValue(json, value);
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
                        yield return (FieldOf(name), Encoding.ASCII.GetBytes(members.ToJson()));
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
    internal static void AppendText(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' or '\\' => json.Append('\\').Append(character),
                >= ' ' and <= '~' => json.Append(character),
                _ => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
            };
        }

        json.Append('"');
    }

    private static string FieldOf(string name) => $"QGA_{name.ToUpperInvariant().Replace('-', '_')}";

    private static string Cut(string text) => text.Length <= LongestText ? text : $"{text.AsSpan(0, LongestText)}... (cut: {text.Length} in all)";

    private static string TextOf(object value) => value switch
    {
        IReadOnlyList<string> texts => string.Join(',', texts),
        IReadOnlyList<AuditMembers> list => string.Join("; ", list),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static int LengthOf(object value) => value switch
    {
        string text => text.Length,
        AuditMembers members => members.Length,
        IReadOnlyList<AuditMembers> list => list.Sum(members => members.Length),
        IReadOnlyList<string> texts => texts.Sum(text => text.Length),
        _ => sizeof(long),
    };

    private static void AppendValue(StringBuilder json, object value)
    {
        switch (value)
        {
            case string text: AppendText(json, text); break;
            case bool flag: json.Append(flag ? "true" : "false"); break;
            case AuditMembers members: json.Append(members.ToJson()); break;
            case IReadOnlyList<AuditMembers> list: json.Append('[').AppendJoin(',', list.Select(members => members.ToJson())).Append(']'); break;
            case IReadOnlyList<string> texts:
                json.Append('[');
                for (var index = 0; index < texts.Count; index++)
                {
                    json.Append(index == 0 ? "" : ",");
                    AppendText(json, texts[index]);
                }

                json.Append(']');
                break;
            default: json.Append(CultureInfo.InvariantCulture, $"{value}"); break;
        }
    }

    private AuditMembers AddValue(string name, object value)
    {
        _members.Add((name, value));
        return this;
    }

    private string ToJson()
    {
        var json = new StringBuilder();
        AppendTo(json);
        return json.Length == 0 ? "{}" : json.Replace(',', '{', 0, 1).Append('}').ToString();
    }
}
