using System.Globalization;
using Qga.Platform.Configuration;

namespace Qga.Host.CommandLine;

/// <summary>The keys of group [qga], which qemu-ga does not know and ignores.</summary>
internal static class OwnSettings
{
    public const string Group = "qga";

    private static readonly AgentOptions Defaults = new();

    private static readonly Setting[] Settings =
    [
        new("sync-grace", "milliseconds from 0 to 60000",
            (options, text) =>
                Number(text, 0, 60_000) is { } grace ? options with { SyncGrace = TimeSpan.FromMilliseconds(grace) } : null,
            options => $"{options.SyncGrace.TotalMilliseconds:F0}"),
        new("max-stuck-workers", "a number from 1 to 1024",
            (options, text) => Number(text, 1, 1024) is { } count ? options with { MaxStuckWorkers = count } : null,
            options => $"{options.MaxStuckWorkers}"),
        new("max-answer", "bytes from 4096 to 2147483647, or 0",
            (options, text) => Number(text, 0, int.MaxValue) is { } bytes and (0 or >= 4096)
                ? options with { MaxAnswer = bytes == 0 ? null : bytes }
                : null,
            options => $"{options.MaxAnswer.GetValueOrDefault()}"),
        new("vsock-allow-cid", "any, or a comma list of numbers from 0 to 4294967294",
            (options, text) => TryReadCids(text, out var cids) ? options with { VsockAllowCid = cids } : null,
            options => options.VsockAllowCid is { } cids ? string.Join(',', cids) : "any"),
        new("socket-mode", "an octal file mode from 0 to 0777",
            (options, text) => Mode(text) is { } mode ? options with { SocketMode = mode } : null,
            options => Convert.ToString((int)options.SocketMode, 8).PadLeft(4, '0')),
        new("fsfreeze-timeout", "seconds from 0 to 2592000",
            (options, text) => Number(text, 0, 2_592_000) is { } seconds
                ? options with { FsFreezeTimeout = seconds == 0 ? null : TimeSpan.FromSeconds(seconds) }
                : null,
            options => $"{options.FsFreezeTimeout.GetValueOrDefault().TotalSeconds:F0}"),
        new("fsfreeze-exclude", "a comma list of globs",
            (options, text) => options with { FsFreezeExclude = List(text) },
            options => string.Join(',', options.FsFreezeExclude)),
        new("fsfreeze-hook-timeout", "seconds from 1 to 3600",
            (options, text) => Number(text, 1, 3600) is { } seconds
                ? options with { FsFreezeHookTimeout = TimeSpan.FromSeconds(seconds) }
                : null,
            options => $"{options.FsFreezeHookTimeout.TotalSeconds:F0}"),
    ];

    private sealed record Setting(
        string Key, string Expected, Func<AgentOptions, string, AgentOptions?> Read, Func<AgentOptions, string> Write);

    public static IEnumerable<string> Keys => Settings.Select(setting => setting.Key);

    /// <exception cref="KeyFileException">A value is out of its range.</exception>
    public static AgentOptions Read(AgentOptions options, KeyFile file)
    {
        foreach (var setting in Settings)
        {
            if (file.GetString(Group, setting.Key) is { } text)
            {
                options = setting.Read(options, text) ?? throw new KeyFileException(
                    $"key “{setting.Key}” of group “{Group}” has the value “{text}”, expected: {setting.Expected}");
            }
        }

        return options;
    }

    public static void Write(AgentOptions options, KeyFile file)
    {
        foreach (var setting in Settings)
        {
            if (setting.Write(options) is var text && text != setting.Write(Defaults))
                file.Set(Group, setting.Key, text);
        }
    }

    private static int? Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : null;

    private static string[] List(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static UnixFileMode? Mode(string text) =>
        text.Length is > 0 and <= 4 && text.All(c => c is >= '0' and <= '7') && Convert.ToInt32(text, 8) is <= 0x1FF and var mode
            ? (UnixFileMode)mode
            : null;

    private static bool TryReadCids(string text, out IReadOnlyList<uint>? cids)
    {
        cids = null;
        if (text == "any")
            return true;

        var read = new List<uint>();
        foreach (var part in text.Split(','))
        {
            // The last number is VMADDR_CID_ANY, which is nobody's address.
            if (!uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var cid) || cid == uint.MaxValue)
                return false;

            read.Add(cid);
        }

        cids = read;
        return true;
    }
}
