using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace Qga.Transport.Tests.Framing;

/// <summary>An answer of qemu-ga as framing sees it.</summary>
internal static partial class FramingAnswer
{
    /// <summary>The text of an error that framing found; null when the message was a value.</summary>
    public static string? ErrorOf(string answer) =>
        FramingError().IsMatch(answer) ? (string)JObject.Parse(answer)["error"]!["desc"]! : null;

    [GeneratedRegex("""^\{"error": \{"class": "GenericError", "desc": "(\d+:\d+: JSON parse error, |JSON )""",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FramingError();
}
