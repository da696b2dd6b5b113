using System.Text;

namespace Qga.Client;

/// <summary>The words of a command line, as a shell takes them apart: blanks, both kinds of quotes, and the backslash. Nothing is expanded.</summary>
internal static class Words
{
    /// <summary>Has <see cref="Split"/> find the same words.</summary>
    internal static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    /// <param name="text">The command line.</param>
    /// <param name="bad">The exception for a reason.</param>
    internal static List<string> Split(string text, Func<string, Exception> bad)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw bad("there is a NUL in it");
        List<string> words = [];
        var word = new StringBuilder();
        var isInWord = false;
        for (var index = 0; index < text.Length; index++)
        {
            switch (text[index])
            {
                case ' ' or '\t' or '\n':
                    if (isInWord)
                        words.Add(word.ToString());
                    word.Clear();
                    isInWord = false;
                    continue;
                case '\'':
                    var end = text.IndexOf('\'', index + 1);
                    if (end < 0)
                        throw bad("a quote (') is not closed");
                    word.Append(text, index + 1, end - index - 1);
                    index = end;
                    break;
                case '"':
                    for (index++; index < text.Length && text[index] != '"'; index++)
                        word.Append(text[index] == '\\' && index + 1 < text.Length && text[index + 1] is '"' or '\\' ? text[++index] : text[index]);
                    if (index == text.Length)
                        throw bad("a quote (\") is not closed");
                    break;
                case '\\' when index + 1 == text.Length:
                    throw bad("it ends with a backslash");
                case '\\':
                    word.Append(text[++index]);
                    break;
                case var character:
                    word.Append(character);
                    break;
            }

            isInWord = true;
        }

        if (isInWord)
            words.Add(word.ToString());
        return words;
    }

    private static string Quoted(string word) => word.Length > 0
        && word.All(character => char.IsAsciiLetterOrDigit(character) || "-_./:=@%+,".Contains(character, StringComparison.Ordinal))
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
