using System.Text;

namespace Qga.Ctl.CommandLine;

/// <summary>The words of the command line as they are: the runtime puts U+FFFD where they are no UTF-8, and they would name something else.</summary>
internal static class RawWords
{
    private const string CommandLine = "/proc/self/cmdline";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The first word of this process that is no UTF-8, as well as it shows; null if there is none.</summary>
    internal static string? FirstThatIsNoText(IReadOnlyList<string> arguments)
    {
        if (arguments.FirstOrDefault(word => word.Contains('\uFFFD', StringComparison.Ordinal)) is not { } suspect)
            return null;
        try
        {
            return FirstThatIsNoText(File.ReadAllBytes(CommandLine));
        }
        catch (IOException)
        {
            return suspect;     // without /proc nobody knows
        }
    }

    /// <param name="words">Each with a NUL behind it.</param>
    internal static string? FirstThatIsNoText(ReadOnlySpan<byte> words)
    {
        foreach (var range in words.Split((byte)0))
        {
            try
            {
                _ = Strict.GetCharCount(words[range]);
            }
            catch (DecoderFallbackException)
            {
                return Encoding.UTF8.GetString(words[range]);
            }
        }

        return null;
    }
}
