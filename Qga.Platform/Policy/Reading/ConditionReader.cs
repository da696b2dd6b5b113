using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Qga.Platform.Policy.Reading;

/// <summary>Reads the conditions of one rule.</summary>
internal sealed class ConditionReader(PolicyVocabulary vocabulary, PolicyClocks clocks, IReadOnlyList<string> commands, bool isDeny)
{
    private const int MostArguments = 64;

    private static readonly SearchValues<char> Brackets = SearchValues.Create("[]{}");
    private static readonly SearchValues<char> InNoUserName = SearchValues.Create("*?[]{}:/");

    private static readonly string[] OpenModes = ["r", "w", "a", "r+", "w+", "a+"];
    private static readonly string[] ShutdownModes = ["halt", "powerdown", "reboot"];

    private readonly List<PolicyCondition> _conditions = [];
    private readonly HashSet<string> _seen = [];
    private readonly TextPattern?[] _arguments = new TextPattern?[MostArguments];
    private readonly List<string> _argumentTexts = [];

    internal bool LogsArguments { get; private set; }

    internal string? User { get; private set; }

    internal TimeSpan? Limit { get; private set; }

    /// <summary>All that were read: what is looked up in the kernel late, and what counts last.</summary>
    internal PolicyCondition[] Read()
    {
        if (_argumentTexts.Count > 0)
        {
            if (_seen.Contains("args"))
                throw new FormatException("args= says what every argument is: there can be no argN= beside it");
            var expected = _arguments[..(Array.FindLastIndex(_arguments, argument => argument is not null) + 1)];
            _conditions.Add(new ArgumentsCondition(string.Join(' ', _argumentTexts), expected, rest: null, isDeny));
        }

        return
        [
            .. _conditions.Where(condition => condition is not (PathCondition or RateCondition)).OrderBy(condition => condition.TakesTime),
            .. _conditions.Where(condition => condition is PathCondition),
            .. _conditions.Where(condition => condition is RateCondition),
        ];
    }

    /// <exception cref="FormatException">It is none.</exception>
    internal void Read(PolicyWord word)
    {
        var end = word.Text.IndexOf('=', StringComparison.Ordinal);
        if (end <= 0)
            throw new FormatException($"'{word.Text}' is no condition, as NAME=VALUE");
        var (name, value) = (word.Text[..end], word.Text[(end + 1)..]);
        if (!_seen.Add(name))
            throw new FormatException($"{name}= is given twice");
        try
        {
            Read(name, value, word.Source);
        }
        catch (RegexParseException failure)
        {
            throw new FormatException($"{name}= has no regular expression: {WordsOf(failure.Error)} at character {failure.Offset}", failure);
        }
        catch (NotSupportedException failure)
        {
            const string Why = "it looks ahead, behind or back, or its counts are too large";
            throw new FormatException($"{name}= has a regular expression that takes more than linear time: {Why}", failure);
        }
    }

    /// <summary>The runtime has no messages in an executable of this kind.</summary>
    private static string WordsOf(RegexParseError error) =>
        string.Concat($"{error}".Select((letter, at) => char.IsAsciiLetterUpper(letter) && at > 0 ? $" {letter}" : $"{letter}")).ToLowerInvariant();

    private void Read(string name, string value, string text)
    {
        switch (name)
        {
            case "path": Add(new PathCondition(text, [.. Items(name, value).Select(path => new PathPattern(Path(name, path), isDeny))])); break;
            case "args": Add(Arguments(text, value)); break;
            case "env": Add(new EnvironmentCondition(text, Variables(name, value), isDeny)); break;
            case "mode": Add(Words(text, name, value, OpenModes, PolicySubjects.OpenMode, request => request.OpenMode)); break;
            case "mode-of-shutdown":
                Add(Words(text, name, value, ShutdownModes, PolicySubjects.ShutdownMode, request => request.ShutdownMode));
                break;
            case "size<": Add(new SizeCondition(text, Size(value))); break;
            case "keys-of":
                string[] users = [.. Items(name, value).Select(user => UserName(name, user))];
                Add(new AccountCondition(text, users, isDeny, clocks.Users));
                break;
            case "mountpoints":
                Add(new MountPointsCondition(text, [.. Items(name, value).Select(path => Glob.OfPaths(Path(name, path), isDeny))], isDeny));
                break;
            case "peer": Add(new PeerCondition(text, [.. Items(name, value).Select(Peer)], isDeny)); break;
            case "between": Add(new HoursCondition(text, [.. Items(name, value).Select(Hours)], clocks.MinuteOfDay)); break;
            case "rate": OnlyToAllow(name); Add(Rate(text, value)); break;
            case "user": OnlyToAllow(name); Require(name, PolicySubjects.File); User = UserName(name, One(name, value)); break;
            case "timeout": OnlyToAllow(name); Require(name, PolicySubjects.Program); Limit = Timeout(value); break;
            case "log": LogsArguments = value == "args" ? true : throw new FormatException($"log= is args, not '{value}'"); break;
            case var _ when ArgumentNumber(name) is { } number:
                Require(name, PolicySubjects.Program);
                _arguments[number - 1] = Expression(value);
                _argumentTexts.Add(text);
                break;
            default: throw new FormatException($"there is no condition '{name}='");
        }
    }

    private void Add(PolicyCondition condition)
    {
        Require(condition.Text.Split('=')[0].TrimEnd('<'), condition.Subject);
        _conditions.Add(condition);
    }

    private void OnlyToAllow(string name)
    {
        if (isDeny)
            throw new FormatException($"{name}= limits what a rule allows: a rule that denies can't have it");
    }

    private void Require(string name, PolicySubjects subject)
    {
        if (subject != PolicySubjects.None && commands.All(command => (vocabulary.SubjectsOf(command) & subject) == PolicySubjects.None))
        {
            var those = vocabulary.Commands.Where(command => (vocabulary.SubjectsOf(command) & subject) != PolicySubjects.None);
            throw new FormatException($"{name}= is about {string.Join(", ", those)}, which this rule does not name");
        }
    }

    private static string[] Items(string name, string value)
    {
        var items = value.Split(',');
        return Array.Exists(items, item => item.Length == 0) ? throw new FormatException($"{name}= has an empty item in '{value}'") : items;
    }

    private static string One(string name, string value) =>
        value.Length > 0 && !value.Contains(',') ? value : throw new FormatException($"{name}= takes one name, not '{value}'");

    /// <summary>A path, which may be a glob of ours.</summary>
    private static string Path(string name, string path)
    {
        if (!path.StartsWith('/'))
            throw new FormatException($"{name}= has '{path}', which is no absolute path");
        if (path.Length > 1 && path.EndsWith('/'))
            throw new FormatException($"{name}= has '{path}', which ends with a slash: {path}** is all that is below it");
        if (path.Length > 1 && path[1..].Split('/').Any(part => part is "" or "." or ".."))
            throw new FormatException($"{name}= has '{path}', but a resolved path has no empty part, nor . or ..");
        return WithoutBrackets(name, path);
    }

    /// <summary>Elsewhere they stand for one of some characters or words; who means them would be given a name that nothing has.</summary>
    private static string WithoutBrackets(string name, string glob) => glob.AsSpan().IndexOfAny(Brackets) is >= 0 and var at
        ? throw new FormatException(
            $"{name}= has '{glob}', but a glob has no '{glob[at]}' here: * and ? are all, and ? stands for that character too")
        : glob;

    private string[] Variables(string name, string value)
    {
        if (value.Length > 0)
            return [.. Items(name, value).Select(glob => WithoutBrackets(name, glob))];
        return isDeny ? throw new FormatException("env= with nothing behind it denies nothing: env=* denies all variables") : [];
    }

    private static string UserName(string name, string user) => user.AsSpan().ContainsAny(InNoUserName)
        ? throw new FormatException($"{name}= has '{user}', which is no user's name: there are no globs")
        : user;

    private WordCondition Words(
        string text, string name, string value, string[] known, PolicySubjects subject, Func<PolicyRequest, string?> word)
    {
        var words = Items(name, value);
        return Array.Find(words, item => !known.Contains(item)) is { } unknown
            ? throw new FormatException($"{name}= has '{unknown}', which is none of {string.Join(", ", known)}")
            : new WordCondition(text, subject, words, isDeny, word);
    }

    private static string Peer(string peer) => peer is "virtio" or "serial" || (peer.Split(':') is ["uid" or "cid", var number] && IsNumber(number))
        ? peer
        : throw new FormatException($"peer= has '{peer}', which is none of virtio, serial, uid:NUMBER, cid:NUMBER");

    /// <summary>As the numbers of peers are written, so that one is never missed for a zero before it.</summary>
    private static bool IsNumber(string digits) =>
        uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && digits == $"{number}";

    private static DaySpan Hours(string span) =>
        span.Split('-') is [var from, var to] && Minute(from) is { } begin and < 1440 && Minute(to) is { } end && begin != end
            ? new DaySpan(begin, end)
            : throw new FormatException($"between= has '{span}', which is no span as 22:00-06:00");

    private static int? Minute(string time) => time is [var h1, var h2, ':', var m1, var m2]
        && char.IsAsciiDigit(h1) && char.IsAsciiDigit(h2) && char.IsAsciiDigit(m1) && char.IsAsciiDigit(m2)
        && ((h1 - '0') * 10) + h2 - '0' is var hour and <= 24 && ((m1 - '0') * 10) + m2 - '0' is var minute and < 60
        && (hour < 24 || minute == 0)
        ? (hour * 60) + minute
        : null;

    private RateCondition Rate(string text, string value)
    {
        var period = value.Split('/') is [_, var unit] ? unit switch
        {
            "s" or "sec" or "second" => TimeSpan.FromSeconds(1),
            "min" or "minute" => TimeSpan.FromMinutes(1),
            "h" or "hour" => TimeSpan.FromHours(1),
            "d" or "day" => TimeSpan.FromDays(1),
            _ => (TimeSpan?)null,
        } : null;
        return period is { } per && Number(value.Split('/')[0], 1, 1_000_000) is { } count
            ? new RateCondition(text, new TokenBucket((int)count, per, clocks.Monotonic))
            : throw new FormatException($"rate= has '{value}', which is no rate as 10/min (s, min, h or day)");
    }

    private static long Size(string value)
    {
        var shift = value.Length == 0 ? 0 : value[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        return Number(shift == 0 ? value : value[..^1], 0, long.MaxValue >> shift) is { } number
            ? number << shift
            : throw new FormatException($"size<= has '{value}', which is no number of bytes (K, M or G may follow)");
    }

    private static TimeSpan Timeout(string value) => Number(value, 1, 30 * 24 * 60 * 60) is { } seconds
        ? TimeSpan.FromSeconds(seconds)
        : throw new FormatException($"timeout= has '{value}', which is no number of seconds from 1 to 2592000");

    private static long? Number(string digits, long least, long most) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : null;

    /// <summary>The N of argN; null for another name.</summary>
    private static int? ArgumentNumber(string name)
    {
        if (!name.StartsWith("arg", StringComparison.Ordinal) || name.Length == 3 || !name[3..].All(char.IsAsciiDigit))
            return null;
        return Number(name[3..], 1, MostArguments) is { } number && name == $"arg{number}"
            ? (int)number
            : throw new FormatException($"there is no condition '{name}=': arguments are arg1= to arg{MostArguments}=");
    }

    private ArgumentsCondition Arguments(string text, string value)
    {
        List<string> items = value.Length == 0 ? [] : SplitExpressions(value);
        if (items.IndexOf("...") is >= 0 and var at && (at == 0 || at < items.Count - 1))
        {
            throw new FormatException(
                $"args= has '{value}', in which ... is not the last item, or there is none before it that further arguments match");
        }

        var rest = items.Count > 1 && items[^1] == "..." ? Expression(items[^2]) : null;
        if (rest is not null)
            items.RemoveAt(items.Count - 1);
        return new ArgumentsCondition(text, [.. items.Select(Expression)], rest, isDeny);
    }

    /// <summary>At commas that are not in a group, a class or a count, nor escaped.</summary>
    private static List<string> SplitExpressions(string value)
    {
        List<string> items = [];
        var (start, depth, isClass) = (0, 0, false);
        for (var at = 0; at < value.Length; at++)
        {
            switch (value[at])
            {
                case '\\': at++; break;
                case ']' when isClass: isClass = false; break;
                case '[': isClass = true; break;
                case '(' or '{' when !isClass: depth++; break;
                case ')' or '}' when !isClass: depth--; break;
                case ',' when depth <= 0 && !isClass:
                    items.Add(value[start..at]);
                    start = at + 1;
                    break;
            }
        }

        items.Add(value[start..]);
        return items;
    }

    /// <summary>What a rule denies must not be passed by with a line feed, which a dot else does not stand for.</summary>
    private TextPattern Expression(string pattern) => new(pattern, dotIsAny: isDeny);
}
