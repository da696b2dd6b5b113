using System.Globalization;

namespace Qga.Ctl.CommandLine;

/// <summary>The words behind a verb, taken apart.</summary>
internal sealed class CommandWords
{
    private readonly List<(string Name, string? Value)> _options = [];

    private CommandWords(string[] operands, string[]? rest) => (Operands, Rest) = (operands, rest);

    /// <summary>What is no option, before <c>--</c>.</summary>
    internal string[] Operands { get; }

    /// <summary>What is behind <c>--</c>, as it is; null if that is not there.</summary>
    internal string[]? Rest { get; }

    /// <summary>Takes words apart as getopt_long(3) does: options among operands, letters together, values behind <c>=</c> or next.</summary>
    /// <param name="words">The words.</param>
    /// <param name="options">What is known.</param>
    /// <param name="operandsBeforeOthers">After how many operands the options of another program may follow; null for never.</param>
    /// <exception cref="UsageException">An option is unknown, or has no value, or has one and takes none.</exception>
    internal static CommandWords Parse(IReadOnlyList<string> words, IReadOnlyList<Option> options, int? operandsBeforeOthers = null)
    {
        List<string> operands = [];
        List<(string, string?)> found = [];
        string[]? rest = null;
        for (var index = 0; index < words.Count; index++)
        {
            var word = words[index];
            if (word == "--")
            {
                rest = [.. words.Skip(index + 1)];
                break;
            }

            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                var (name, value) = word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
                    ? (word[2..at], word[(at + 1)..])
                    : (word[2..], null);
                var option = options.FirstOrDefault(known => known.Name == name) ?? throw new UsageException($"there is no option --{name}");
                if (option.Value is null && value is not null)
                    throw new UsageException($"--{name} takes no value");
                found.Add((option.Name, option.Value is null ? null : value ?? Next(ref index, $"--{name} {option.Value}")));
            }
            else if (word.Length > 1 && word[0] == '-')
            {
                for (var letter = 1; letter < word.Length; letter++)
                {
                    var option = options.FirstOrDefault(known => known.Short == word[letter])
                        ?? throw new UsageException($"there is no option -{word[letter]}");
                    if (option.Value is null)
                    {
                        found.Add((option.Name, null));
                        continue;
                    }

                    found.Add((option.Name, letter + 1 < word.Length ? word[(letter + 1)..] : Next(ref index, $"-{word[letter]} {option.Value}")));
                    break;
                }
            }
            else
            {
                operands.Add(word);
                if (operands.Count - 1 == operandsBeforeOthers)
                {
                    operands.AddRange(words.Skip(index + 1));
                    break;
                }
            }
        }

        var parsed = new CommandWords([.. operands], rest);
        parsed._options.AddRange(found);
        return parsed;

        string Next(ref int index, string what) => ++index < words.Count ? words[index] : throw new UsageException($"{what} lacks its value");
    }

    /// <summary>What is no option, before <c>--</c> and behind it.</summary>
    internal string[] All => [.. Operands, .. Rest ?? []];

    internal bool Has(string name) => _options.Exists(option => option.Name == name);

    /// <summary>The value of an option, the last if there are several; null if it is not there.</summary>
    internal string? Value(string name) => _options.FindLast(option => option.Name == name).Value;

    internal IEnumerable<string> Values(string name) => _options.Where(option => option.Name == name).Select(option => option.Value!);

    /// <summary>The longest time that can be waited for.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <exception cref="UsageException">It is no time, or none that can be waited for.</exception>
    internal TimeSpan? Seconds(string name, double least = 0.001)
    {
        if (Value(name) is not { } text)
            return null;
        var most = Longest.TotalSeconds;
        var isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds);
        return isNumber && seconds >= least && seconds <= most
            ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException($"--{name} {text}: from {least} to {most} seconds");
    }
}
