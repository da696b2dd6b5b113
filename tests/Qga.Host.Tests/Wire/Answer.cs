using System.Text.RegularExpressions;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Host.Tests.Wire;

/// <summary>One line of an agent, compared as far as clients may depend on it.</summary>
internal static partial class Answer
{
    internal static void AssertSame(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var line = 0; line < expected.Count; line++)
        {
            if (!IsSame(expected[line], actual[line]))
                Assert.Equal(expected[line], actual[line]);
        }
    }

    internal static bool IsSame(string expected, string actual) =>
        expected == actual || (Parse(expected), Parse(actual)) switch
        {
            ({ } left, { } right) => IsDelimited(expected) == IsDelimited(actual) &&
                (JToken.DeepEquals(left, right) || IsSameInfo(left, right) || IsWrongInSeveralWays(left, right)),
            _ => false,
        };

    private static bool IsDelimited(string answer) => answer.StartsWith('\xFF');

    /// <summary>The value with the members of its objects, whose order is free, in one order; null if it is no JSON.</summary>
    private static JToken? Parse(string answer)
    {
        // The one thing that both write and that is no JSON: a float that is too large.
        var json = Infinity().Replace(answer.TrimStart('\xFF'), "\"$0\"");
        using var reader = new JsonTextReader(new StringReader(json)) { MaxDepth = null, DateParseHandling = DateParseHandling.None };
        try
        {
            return Sort(JToken.ReadFrom(reader));
        }
        catch (JsonReaderException)
        {
            return null;
        }
    }

    private static JToken Sort(JToken value) => value switch
    {
        JObject members => new JObject(members.Properties()
            .OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => new JProperty(member.Name, Sort(member.Value)))),
        JArray elements => new JArray(elements.Select(Sort)),
        _ => value,
    };

    /// <summary>Of guest-info, the version may have another last number, and commands may be left out.</summary>
    private static bool IsSameInfo(JToken expected, JToken actual)
    {
        if (!IsInfo(expected) || !IsInfo(actual))
            return false;
        var left = Commands(expected);
        var right = Commands(actual);
        return JToken.DeepEquals(expected["id"], actual["id"]) &&
            Version(expected) == Version(actual) &&
            left.Where(command => right.Contains(command)).SequenceEqual(right);

        static bool IsInfo(JToken answer) => answer["return"] is JObject { Count: 2 } info && info.ContainsKey("supported_commands");
        static string Version(JToken answer) => string.Join('.', ((string)answer["return"]!["version"]!).Split('.')[..2]);
        static List<string> Commands(JToken answer) =>
            [.. answer["return"]!["supported_commands"]!.Select(command => command.ToString(Formatting.None))];
    }

    /// <summary>Of several members that are wrong, any may be named: qemu-ga meets them in the order of its hash table.</summary>
    private static bool IsWrongInSeveralWays(JToken expected, JToken actual)
    {
        var left = WrongMember().Match((string?)expected["error"]?["desc"] ?? "");
        var right = WrongMember().Match((string?)actual["error"]?["desc"] ?? "");
        return left.Success && right.Success &&
            left.Groups["kind"].Value == right.Groups["kind"].Value &&
            left.Groups["name"].Value != right.Groups["name"].Value &&
            JToken.DeepEquals(expected["id"], actual["id"]);
    }

    [GeneratedRegex(@"(?<=[ \[])-?inf(?=[,}\]])", RegexOptions.None, 1000)]
    private static partial Regex Infinity();

    [GeneratedRegex(
        "^(?<kind>QMP input member|Parameter) '(?<name>.*)' (is unexpected|must be an? [a-z]+)$",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    private static partial Regex WrongMember();
}
