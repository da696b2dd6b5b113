using System.Globalization;
using System.Text;
using Qga.Platform.Native;
using Qga.Platform.Processes;

namespace Qga.Platform.Policy.Reading;

/// <summary>Reads files of rules, one rule a line: a decision, commands, conditions. What it does not understand is an error.</summary>
/// <param name="vocabulary">The commands.</param>
/// <param name="clocks">What rates and hours go by.</param>
internal sealed class PolicyParser(PolicyVocabulary vocabulary, PolicyClocks clocks)
{
    private const int LongestLine = 16 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="PolicyException">A line is no rule.</exception>
    internal IReadOnlyList<PolicyRule> Parse(string path, ReadOnlySpan<byte> content)
    {
        string text;
        try
        {
            text = Strict.GetString(content);
        }
        catch (ArgumentException)
        {
            throw new PolicyException(path, 0, "it is not UTF-8");
        }

        if (text.StartsWith('\uFEFF'))
            throw new PolicyException(path, 1, "it begins with a byte order mark (U+FEFF), which an editor has put there: save it without");
        List<PolicyRule> rules = [];
        var lines = text.Split('\n');
        for (var index = 0; index < lines.Length; index++)
        {
            var line = lines[index];
            try
            {
                if (line.Length > LongestLine)
                    throw new FormatException($"the line is longer than {LongestLine} characters");
                if (PolicyWords.Of(line) is { Count: > 0 } words)
                    rules.Add(Rule(path, index + 1, words));
            }
            catch (FormatException failure)
            {
                throw new PolicyException(path, index + 1, failure.Message);
            }
        }

        return rules;
    }

    private PolicyRule Rule(string path, int line, IReadOnlyList<PolicyWord> words)
    {
        var (allows, audits) = words[0].Text switch
        {
            "allow" => (true, false),
            "deny" => (false, false),
            "allow_audit" => (true, true),
            "deny_audit" => (false, true),
            var other => throw new FormatException($"'{other}' is no decision: allow, deny, allow_audit or deny_audit"),
        };
        if (words.Count < 2)
            throw new FormatException("it names no command");
        var commands = Commands(words[1].Text, isDeny: !allows, out var idle);
        var conditions = new ConditionReader(vocabulary, clocks, commands, isDeny: !allows);
        foreach (var word in words.Skip(2))
            conditions.Read(word);
        return new PolicyRule(path, line, string.Join(' ', words.Select(word => word.Source)))
        {
            Allows = allows,
            Audits = audits,
            LogsArguments = conditions.LogsArguments,
            User = conditions.User,
            Lookup = clocks.Users,
            Limit = conditions.Limit,
            Commands = commands,
            IdleWords = idle,
            Conditions = conditions.Read(),
        };
    }

    private IReadOnlyList<string> Commands(string list, bool isDeny, out IReadOnlyList<string> idle)
    {
        List<string> idleWords = [];
        HashSet<string> named = [];
        foreach (var word in list.Split(','))
        {
            var found = Named(word);
            if (found.Count == 0)
                idleWords.Add(isDeny && !vocabulary.Absent.Contains(word) ? throw new FormatException($"no command is named by '{word}'") : word);
            named.UnionWith(found);
        }

        idle = idleWords;
        return [.. vocabulary.Commands.Where(named.Contains)];
    }

    private IReadOnlyList<string> Named(string word)
    {
        if (word.StartsWith('@'))
        {
            return vocabulary.Sets.FirstOrDefault(set => set.Name == word)?.Commands ?? throw new FormatException(
                $"there is no set '{word}': {string.Join(' ', vocabulary.Sets.Select(set => set.Name))}");
        }

        if (Glob.Wildcard(word) >= 0)
        {
            var glob = Glob.OfNames(word);
            return [.. vocabulary.Commands.Where(command => glob.IsMatch(command))];
        }

        return vocabulary.Commands.Contains(word) ? [word]
            : vocabulary.Absent.Contains(word) ? []
            : throw new FormatException($"there is no command '{word}'");
    }
}

/// <summary>What rates and hours go by.</summary>
/// <param name="Monotonic">For rates: nobody can set it.</param>
/// <param name="MinuteOfDay">Minutes since midnight in the guest's local time.</param>
public sealed record PolicyClocks(TimeProvider Monotonic, Func<int> MinuteOfDay)
{
    /// <summary>Who finds users.</summary>
    public UserLookup Users { get; init; } = GuestUsers.Own.Exists;

    /// <summary>Those of the system.</summary>
    public static PolicyClocks System { get; } = new(TimeProvider.System, LocalMinuteOfDay);

    private static int LocalMinuteOfDay() => LibC.LocalTime(LibC.RealTime().Seconds, out var time) == Errno.Success
        ? (time.Hour * 60) + time.Minute
        : throw new PlatformException("the local time can't be told");
}

/// <summary>A word of a rule: its text without quotes, and as it stands there.</summary>
internal sealed record PolicyWord(string Text, string Source);

/// <summary>
/// Splits a line into words: blanks separate, but for those in a value, or an item of one, in double quotes, and a word that begins with # ends
/// the line.
/// </summary>
internal static class PolicyWords
{
    /// <exception cref="FormatException">A quote is not closed, or something follows it; or a character is none of a text.</exception>
    internal static IReadOnlyList<PolicyWord> Of(string line)
    {
        List<PolicyWord> words = [];
        for (var at = 0; at < line.Length;)
        {
            if (IsBlank(line[at]))
                at++;
            else if (line[at] == '#')
                break;
            else
                words.Add(Next(line, ref at));
        }

        return words;
    }

    private static bool IsBlank(char character) => character is ' ' or '\t' or '\r';

    private static string NumberOf(char character) => string.Create(CultureInfo.InvariantCulture, $"U+{(int)character:X4}");

    /// <summary>A blank that does not separate, or no character at all; in quotes it may be meant.</summary>
    private static bool IsUnseen(char character) => !char.IsAscii(character) && char.GetUnicodeCategory(character)
        is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Format;

    private static PolicyWord Next(string line, ref int at)
    {
        var start = at;
        var text = new StringBuilder();
        var isQuoted = false;
        for (; at < line.Length && (isQuoted || !IsBlank(line[at])); at++)
        {
            var character = line[at];
            if (char.IsControl(character) && character != '\t')
                throw new FormatException($"there is a control character ({NumberOf(character)})");
            if (!isQuoted && IsUnseen(character))
                throw new FormatException($"there is a character that can't be seen ({NumberOf(character)})");
            if (isQuoted && character == '\\' && at + 1 < line.Length && line[at + 1] == '"')
                text.Append(line[++at]);
            else if (isQuoted && character == '"' && at + 1 < line.Length && line[at + 1] != ',' && !IsBlank(line[at + 1]))
                throw new FormatException($"'{line[(at + 1)..]}' follows a closing quote");
            else if (character == '"' && (isQuoted || text is [.., '=' or ',']))
                isQuoted = !isQuoted;
            else
                text.Append(character);
        }

        return isQuoted ? throw new FormatException("a quote is not closed") : new PolicyWord(text.ToString(), line[start..at]);
    }
}
