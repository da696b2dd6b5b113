using System.Globalization;
using Newtonsoft.Json.Linq;
using Qga.Ctl.Output;
using Spectre.Console;

namespace Qga.Ctl.Groups;

/// <summary>A <see cref="GroupReport"/> in words, and as JSON.</summary>
internal static class GroupText
{
    /// <summary>The report for people: a line for each guest, the times of the group, and what it is worth.</summary>
    internal static IEnumerable<string> LinesOf(GroupReport report)
    {
        string[][] rows = [.. report.Guests.Select(guest => CellsOf(report, guest).Select(Printable.Of).ToArray())];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].GetCellWidth()))];
        foreach (var row in rows)
            yield return string.Join("  ", row.Select((cell, column) => cell + new string(' ', widths[column] - cell.GetCellWidth()))).TrimEnd();

        string[] times =
        [
            .. report.Skew is { } skew ? [$"skew {Milliseconds(skew)}"] : (string[])[],
            .. report.Window is { } window ? [$"window {Milliseconds(window)}"] : (string[])[],
            .. report.Together is { } together ? [$"all frozen for {Milliseconds(together.To - together.From)}"] : (string[])[],
        ];
        if (times.Length > 0)
            yield return string.Join(", ", times);
        yield return VerdictOf(report);
        if (report.Snapshot?.Result?.LeftRunning is { Count: > 0 } left)
            yield return $"the program has left processes running ({string.Join(", ", left)}): what they do now is no part of the snapshot";
        if (report.Unsaid.Any())
        {
            yield return $"may still be frozen: {string.Join(", ", report.Unsaid.Select(guest => guest.Name))}; " + (report.Watcher is { } watcher
                ? $"the watcher (process {watcher}) goes on for {Quantity.Time(report.Limits.Watch)} at most"
                : "nobody watches: thaw them by hand");
        }

        if (report is { Watcher: { } late } && report.Late.Any())
        {
            yield return $"thawed, though the freeze was never answered: {string.Join(", ", report.Late.Select(guest => guest.Name))}; "
                + $"the watcher (process {late}) looks again for {Quantity.Time(ThawWatcher.Settling)}";
        }
    }

    /// <summary>The report for programs. Times are by RFC 3339; what ends in <c>Ms</c> is in milliseconds; what is not known is null.</summary>
    internal static JObject JsonOf(GroupReport report, int exitCode) => new()
    {
        ["outcome"] = WordOf(report.Outcome),
        ["reason"] = report.Why,
        ["exitCode"] = exitCode,
        ["guests"] = new JArray(report.Guests.Select(guest => JsonOf(report, guest))),
        ["skewMs"] = JsonOf(report.Skew),
        ["windowMs"] = JsonOf(report.Window),
        ["allFrozen"] = report.Together is { } together
            ? new JObject
            {
                ["from"] = TimeOf(report, together.From),
                ["to"] = TimeOf(report, together.To),
                ["ms"] = JsonOf(together.To - together.From),
            }
            : JValue.CreateNull(),
        ["snapshot"] = report.Snapshot is { } snapshot
            ? new JObject
            {
                ["began"] = TimeOf(report, snapshot.Began),
                ["ended"] = TimeOf(report, snapshot.Ended),
                ["exitCode"] = snapshot.Result?.ExitCode,
                ["failure"] = snapshot.Result?.Failure,
                ["leftRunning"] = new JArray(snapshot.Result?.LeftRunning ?? []),
            }
            : JValue.CreateNull(),
        ["watcher"] = report.Watcher,
    };

    private static JObject JsonOf(GroupReport report, GuestReport guest) => new()
    {
        ["guest"] = guest.Name,
        ["address"] = guest.Address,
        ["agent"] = guest.Agent,
        ["state"] = WordOf(guest.End),
        ["frozen"] = guest.Freeze?.Count,
        ["frozenAt"] = TimeOf(report, guest.Freeze?.At),
        ["freezeMs"] = JsonOf(guest.Freeze?.At - report.FreezeOrdered),
        ["thawsAfterSeconds"] = guest.Freeze?.ThawsAfter?.TotalSeconds,
        ["thawed"] = guest.Thaw?.Count,
        ["thawedAt"] = TimeOf(report, guest.Thaw?.At),
        ["thawMs"] = JsonOf(guest.Thaw?.At - report.ThawOrdered),
        ["problem"] = guest.Problem,
        ["evidence"] = guest.Evidence?.Record.DeepClone() ?? JValue.CreateNull(),
    };

    private static string[] CellsOf(GroupReport report, GuestReport guest) =>
    [
        guest.Name,
        guest.Freeze is { } freeze ? $"frozen in {Milliseconds(freeze.At - report.FreezeOrdered!.Value)}"
            : report.FreezeOrdered is not null ? "not frozen"
            : guest.Problem is not null ? "not ready" : guest.Agent is null ? "no answer yet" : "ready",
        guest.Thaw is { } thaw ? $"thawed in {Milliseconds(thaw.At - report.ThawOrdered!.Value)}" : guest.End == GuestEnd.Unsaid ? "not thawed" : "",
        guest.Freeze is { } counted ? Filesystems(counted.Count) : "",
        guest.Freeze is { ThawsAfter: { } after } ? $"thaws itself after {after.TotalSeconds:0} s" : "",
        guest.Problem ?? "",
    ];

    private static string VerdictOf(GroupReport report) => report.Outcome switch
    {
        GroupOutcome.Consistent => report.Guests.Count == 1
            ? "consistent: the snapshot was taken while the guest was frozen"
            : $"consistent: the snapshot was taken while all {report.Guests.Count} guests were frozen",
        GroupOutcome.Refused => $"nothing was frozen: {report.Why}",
        GroupOutcome.NotFrozen => $"no snapshot was taken: {report.Why}",
        GroupOutcome.SnapshotFailed => $"no snapshot: {report.Why}",
        GroupOutcome.Void => $"the snapshot is worth nothing: {report.Why}",
        _ => report.Unsaid.Any() || report.FreezeOrdered is null ? report.Why! : $"{report.Why}; all guests are thawed",
    };

    private static string WordOf(GroupOutcome outcome) => outcome switch
    {
        GroupOutcome.Consistent => "consistent",
        GroupOutcome.Refused => "refused",
        GroupOutcome.NotFrozen => "notFrozen",
        GroupOutcome.SnapshotFailed => "snapshotFailed",
        GroupOutcome.Void => "void",
        _ => "interrupted",
    };

    private static string WordOf(GuestEnd end) => end switch
    {
        GuestEnd.Untouched => "untouched",
        GuestEnd.Thawed => "thawed",
        _ => "unknown",
    };

    private static string Filesystems(long count) => count == 1 ? "1 filesystem" : $"{count} filesystems";

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");

    private static JValue JsonOf(TimeSpan? time) => time is { } known ? new JValue(Math.Round(known.TotalMilliseconds, 3)) : JValue.CreateNull();

    private static JValue TimeOf(GroupReport report, TimeSpan? time) => time is { } known
        ? new JValue((report.Origin + known).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture))
        : JValue.CreateNull();
}
