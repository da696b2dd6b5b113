using System.Text;

namespace Qga.Host.CommandLine;

/// <summary>Breaks a text into lines at its blanks.</summary>
internal static class WordWrap
{
    /// <param name="text">The text, in one line.</param>
    /// <param name="width">The most characters of a line; a longer word has one of its own.</param>
    internal static IEnumerable<string> Lines(string text, int width)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }
}
