using System.Globalization;
using System.Text.RegularExpressions;

namespace Qga.Host.Audit;

/// <summary>A point in time as an administrator writes it.</summary>
internal static partial class PointInTime
{
    /// <summary>
    /// Reads <c>2026-11-26 10:00</c>, <c>10:00</c> of today, RFC 3339, or how long ago it is: <c>90s</c>, <c>30min</c>, <c>2h</c>, <c>7d</c>.
    /// </summary>
    /// <returns>Null if it is none of them.</returns>
    internal static DateTimeOffset? TryParse(string text, DateTimeOffset now)
    {
        if (Ago().Match(text) is { Success: true } ago && double.TryParse(ago.Groups["count"].ValueSpan, CultureInfo.InvariantCulture, out var count))
        {
            var unit = ago.Groups["unit"].Value switch
            {
                "s" => TimeSpan.FromSeconds(1),
                "min" => TimeSpan.FromMinutes(1),
                "h" => TimeSpan.FromHours(1),
                _ => TimeSpan.FromDays(1),
            };
            var most = now - DateTimeOffset.UnixEpoch;
            return now - (count < most / unit ? count * unit : most);
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time) ? time : null;
    }

    [GeneratedRegex(@"\A(?<count>[0-9]{1,9})(?<unit>s|min|h|d)( ago)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ago();
}
