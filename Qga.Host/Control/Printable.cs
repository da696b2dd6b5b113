using Qga.Platform.Logging;

namespace Qga.Host.Control;

/// <summary>Text for root's terminal, which would obey what others have put into the names of commands, processes and files.</summary>
internal static class Printable
{
    internal static string Of(object? value) =>
        string.Concat((value?.ToString() ?? "").EnumerateRunes().Select(rune => LogText.IsVisible(rune) ? $"{rune}" : "?"));
}
