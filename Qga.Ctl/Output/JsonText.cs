using System.Buffers;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Qga.Ctl.Output;

/// <summary>JSON as text that no terminal obeys: what does not show is escaped, which in JSON is the same text.</summary>
internal static class JsonText
{
    internal static string Of(JToken value, bool isIndented = false)
    {
        var text = value.ToString(isIndented ? Formatting.Indented : Formatting.None);
        if (!text.AsSpan().ContainsAnyExcept(Plain))
            return text;
        var safe = new StringBuilder();
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var isRune = Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done;
            if (isRune && (rest[0] is '\n' or '\r' || Printable.IsVisible(rune)))
                safe.Append(rest[..length]);
            else
                Printable.Escape(safe, rest[..length]);
            rest = rest[length..];
        }

        return safe.ToString();
    }

    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code), '\n', '\r']);
}
