using System.Globalization;

namespace Qga.Ctl.Output;

/// <summary>Numbers for people.</summary>
internal static class Quantity
{
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A size in the largest unit of 1024 that it has.</summary>
    internal static string Bytes(double bytes)
    {
        if (bytes < 1024)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes:0} B");
        var unit = -1;
        for (; bytes >= 1024 && unit < Units.Length - 1; unit++)
            bytes /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{bytes:0.0} {Units[unit]}");
    }

    /// <summary>A part of a whole, in percent; null if there is no whole.</summary>
    internal static int? Percent(double part, double whole) => whole > 0 ? (int)Math.Round(100 * part / whole) : null;

    /// <summary>A time in its two largest units.</summary>
    internal static string Time(TimeSpan time) => time switch
    {
        { TotalSeconds: < 60 } => $"{(int)time.TotalSeconds} s",
        { TotalMinutes: < 60 } => $"{time.Minutes} min {time.Seconds} s",
        { TotalHours: < 24 } => $"{time.Hours} h {time.Minutes} min",
        _ => $"{time.Days} d {time.Hours} h",
    };
}
