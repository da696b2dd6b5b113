namespace Qga.Host.CommandLine;

/// <summary>Whether an option takes an argument, as in getopt_long(3).</summary>
internal enum ArgumentRule
{
    None,
    Required,
    Optional,
}

/// <summary>An option by its letter and its long name; without one it has only the letter.</summary>
internal sealed record OptionSpec(char Letter, string? Name, ArgumentRule Argument = ArgumentRule.None)
{
    /// <summary>
    /// A long name that it had in the past, or will have: taken where no name of today matches, and in no list of possibilities.
    /// </summary>
    public string? UnlistedName { get; init; }
}

/// <summary>An option as it stands on the command line, an operand, or getopt's complaint about something that is neither.</summary>
internal sealed record ParsedOption(char Letter, string? Argument, string? Complaint = null)
{
    /// <summary>The letter of an operand, as in getopt(3).</summary>
    public const char Operand = '\x01';

    public bool IsByUnlistedName { get; init; }
}

/// <summary>
/// Reads a command line by the rules of GNU getopt_long(3): bundled letters, attached arguments, unambiguous beginnings of
/// long names, options behind operands (unless POSIXLY_CORRECT is set), nothing but operands behind <c>--</c>.
/// </summary>
internal sealed class GetOpt(IReadOnlyList<OptionSpec> options, string programName, bool posixlyCorrect)
{
    public IReadOnlyList<ParsedOption> Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new List<ParsedOption>();
        for (var rest = new Queue<string>(arguments); rest.TryDequeue(out var word);)
        {
            if (word == "--")
                parsed.AddRange(Operands(rest));
            else if (word.StartsWith("--", StringComparison.Ordinal))
                parsed.Add(Long(word[2..], rest));
            else if (word is ['-', _, ..])
                parsed.AddRange(Bundle(word[1..], rest));
            else
                parsed.AddRange(posixlyCorrect ? [Operand(word), .. Operands(rest)] : [Operand(word)]);
        }

        return parsed;
    }

    private static ParsedOption Operand(string word) => new(ParsedOption.Operand, word);

    private static IEnumerable<ParsedOption> Operands(Queue<string> rest)
    {
        while (Next(rest) is { } word)
            yield return Operand(word);
    }

    private ParsedOption Long(string text, Queue<string> rest)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = equals < 0 ? (text, null) : (text[..equals], text[(equals + 1)..]);

        var exact = options.FirstOrDefault(option => option.Name == name);
        var matches = options.Where(option => IsBeginning(option.Name)).ToList();
        var old = matches.Count == 0 ? options.FirstOrDefault(option => IsBeginning(option.UnlistedName)) : null;
        if (exact is null && matches.Count > 1)
        {
            var possibilities = string.Concat(matches.Select(option => $" '--{option.Name}'"));
            return Complain($"option '--{text}' is ambiguous; possibilities:{possibilities}");
        }

        return (exact ?? matches.FirstOrDefault() ?? old) switch
        {
            null => Complain($"unrecognized option '--{text}'"),
            { Argument: ArgumentRule.None } option when value is not null =>
                Complain($"option '--{option.Name ?? option.UnlistedName}' doesn't allow an argument"),
            { Argument: ArgumentRule.Required } option when (value ??= Next(rest)) is null =>
                Complain($"option '--{(old is null ? option.Name : option.UnlistedName)}' requires an argument"),
            var option => new ParsedOption(option.Letter, value) { IsByUnlistedName = old is not null },
        };

        bool IsBeginning(string? longName) => longName?.StartsWith(name, StringComparison.Ordinal) == true;
    }

    private IEnumerable<ParsedOption> Bundle(string letters, Queue<string> rest)
    {
        for (var i = 0; i < letters.Length; i++)
        {
            var letter = letters[i];
            var option = options.FirstOrDefault(candidate => candidate.Letter == letter);
            if (option is null || option.Argument == ArgumentRule.None)
            {
                yield return option is null ? Complain($"invalid option -- '{letter}'") : new ParsedOption(letter, null);
                continue;
            }

            var value = i + 1 < letters.Length ? letters[(i + 1)..] : null;
            if (option.Argument == ArgumentRule.Required)
                value ??= Next(rest);
            yield return value is null && option.Argument == ArgumentRule.Required
                ? Complain($"option requires an argument -- '{letter}'")
                : new ParsedOption(letter, value);
            yield break;
        }
    }

    private static string? Next(Queue<string> rest) => rest.TryDequeue(out var word) ? word : null;

    private ParsedOption Complain(string text) => new('?', null, $"{programName}: {text}");
}
