using Qga.Actors;
using Qga.Platform.Diagnosis;

namespace Qga.Host.CommandLine;

/// <summary>Reads lists of commands as people write them, and tells what in them names no command.</summary>
/// <param name="commands">The names of all commands.</param>
internal sealed class CommandLists(IReadOnlyList<string> commands)
{
    /// <summary>What qemu-ga has on Windows alone: lists that distributions ship name it on Linux as well.</summary>
    private const string OfWindows = "guest-get-devices";

    private readonly List<Finding> _warnings = [];

    /// <summary>What was odd about the lists so far.</summary>
    internal IReadOnlyList<Finding> Warnings => _warnings;

    /// <summary>Reads a list of what is blocked: a name that does nothing leaves something open, which is an error.</summary>
    /// <param name="text">The list.</param>
    /// <param name="origin">Where it was given.</param>
    internal IReadOnlyList<string> Blocked(string text, string origin) => Read(text, origin, Severity.Error);

    /// <summary>Reads a list of what is allowed.</summary>
    /// <inheritdoc cref="Blocked"/>
    internal IReadOnlyList<string> Allowed(string text, string origin) => Read(text, origin, Severity.Warning);

    private List<string> Read(string text, string origin, Severity severity)
    {
        var names = new List<string>();
        foreach (var word in Words(text))
        {
            var known = commands.FirstOrDefault(command => command.Equals(word, StringComparison.OrdinalIgnoreCase));
            if (known is null && word != OfWindows && GuestCommands.Extended.Find(word) is null)
                Warn(severity, $"{origin} names {word}, which is no command");
            else if (known is not null && known != word)
                Warn(Severity.Warning, $"{origin} names {word}, which is spelt {known}");
            names.Add(known ?? word);
        }

        return names;
    }

    private void Warn(Severity severity, string text) => _warnings.Add(new Finding(severity, OptionsLoader.Subject, text));

    /// <summary>
    /// qemu-ga knows the comma alone. No name has blanks, semicolons or quotes in it: they separate too. Where nothing else is there, that
    /// is a word that names nothing: an allow list that is not empty allows its members only.
    /// </summary>
    private static string[] Words(string text)
    {
        var words = text.Split([.. text.Where(IsSeparator)], StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 && text.Length > 0 ? [text] : words;
    }

    private static bool IsSeparator(char character) => char.IsWhiteSpace(character) || character is ',' or ';' or '"' or '\'';
}
