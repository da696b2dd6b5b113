using System.Globalization;

namespace Qga.Host.CommandLine;

/// <summary>
/// Everything that can be set, once: the options and keys that are known, --help, --dump-conf, what a reload takes, and
/// config/qemu-ga.conf follow from this table. Upstream's come first, in the order in which qemu-ga reads and dumps them.
/// </summary>
internal static class Settings
{
    /// <summary>The value of fsfreeze-hook by which distributions and administrators say that there is none.</summary>
    internal const string NoHook = "/dev/null";

    /// <summary>The letter of an option that is written in full only.</summary>
    private const char NoLetter = '\x02';

    /// <summary>In the order of <see cref="PolicyMode"/>.</summary>
    internal static readonly string[] PolicyModes = ["enforce", "audit-only", "off"];

    internal const string AuditJournal = "journal";
    internal const string AuditToFile = "file";
    internal const string AuditSyslog = "syslog";

    private const string AuditNowhere = "off";

    internal static readonly IReadOnlyList<Setting> All =
    [
        new FlagSetting(
            "daemon",
            "Go to the background. Leave it off under systemd.",
            options => options.Daemonize,
            (options, value) => options with { Daemonize = value })
        {
            Option = new('d', "daemonize"),
        },
        new TextSetting(
            "method",
            "The channel to the host: virtio-serial, isa-serial, unix-listen or vsock-listen.",
            options => options.Method,
            (options, value) => options with { Method = value! })
        {
            Option = new('m', "method", ArgumentRule.Required),
            ArgumentName = "METHOD",
        },
        new TextSetting(
            "path",
            "The device or socket of that channel; CID:PORT for vsock-listen. unix-listen and vsock-listen have no default; "
            + "4294967295:1234 listens on every vsock address that the guest has.",
            options => options.Path,
            (options, value) => options with { Path = value })
        {
            Option = new('p', "path", ArgumentRule.Required),
            ArgumentName = "PATH",
            Example = AgentOptions.DefaultPath(AgentOptions.DefaultMethod),
        },
        new TextSetting(
            "logfile",
            "Append the log to this file. By default it goes to standard error, which systemd puts into the journal.",
            options => options.LogFile,
            (options, value) => options with { LogFile = value })
        {
            Option = new('l', "logfile", ArgumentRule.Required),
            ArgumentName = "PATH",
            Example = "/var/log/qemu-ga.log",
        },
        new TextSetting(
            "pidfile",
            "The pid file, which only a daemon writes.",
            options => options.PidFile,
            (options, value) => options with { PidFile = value! })
        {
            Option = new('f', "pidfile", ArgumentRule.Required),
            ArgumentName = "PATH",
        },
        new TextSetting(
            "fsfreeze-hook",
            "The script that runs before a freeze and after a thaw. None runs unless one is named; /dev/null is none.",
            options => options.FsFreezeHook,
            (options, value) => options with { FsFreezeHook = Hook(value ?? AgentOptions.DefaultFsFreezeHook) })
        {
            Option = new('F', "fsfreeze-hook", ArgumentRule.Optional),
            ArgumentName = "PATH",
            OptionNote = $"The PATH must follow -F without a space, and is {AgentOptions.DefaultFsFreezeHook} without one.",
            Example = AgentOptions.DefaultFsFreezeHook,
        },
        new TextSetting(
            "statedir",
            "An absolute directory for what must survive a restart of the agent. It must exist, but the default one is made.",
            options => options.StateDirectory,
            (options, value) => options with { StateDirectory = value! })
        {
            Option = new('t', "statedir", ArgumentRule.Required),
            ArgumentName = "PATH",
        },
        new FlagSetting(
            "verbose",
            "Log everything, debug messages too.",
            options => options.Verbose,
            (options, value) => options with { Verbose = value })
        {
            Option = new('v', "verbose"),
        },
        new FlagSetting(
            "debug",
            "As verbose, by the name that qemu-ga's next release has for it.",
            options => options.Debug,
            (options, value) => options with { Debug = value })
        {
            // In today's qemu-ga --d stands for two options, and not for three.
            Option = new(NoLetter, Name: null) { UnlistedName = "debug" },
            IsNew = true,
        },
        new FlagSetting(
            "retry-path",
            "Keep trying to open the channel, every 5 seconds, instead of giving up when it is missing or was lost.",
            options => options.RetryPath,
            (options, value) => options with { RetryPath = value })
        {
            Option = new('r', "retry-path"),
        },
        new CommandListSetting(
            "block-rpcs",
            "Commands that the host can't use, separated by commas. \"qga --block-rpcs=help\" lists all commands; \"qga check\" tells "
            + "which names are none.",
            blocks: true,
            options => options.BlockRpcs,
            (options, value) => options with { BlockRpcs = value })
        {
            Option = new('b', "block-rpcs", ArgumentRule.Required) { UnlistedName = OldBlockRpcs },
            ArgumentName = "LIST",
            OldKey = OldBlockRpcs,
            Renew = (options, fresh) => options with { BlockRpcs = fresh.BlockRpcs },
        },
        new CommandListSetting(
            "allow-rpcs",
            "The only commands that the host can use, in the same form. Empty stands for all of them; block-rpcs wins over it.",
            blocks: false,
            options => options.AllowRpcs,
            (options, value) => options with { AllowRpcs = value })
        {
            Option = new('a', "allow-rpcs", ArgumentRule.Required),
            ArgumentName = "LIST",
            Renew = (options, fresh) => options with { AllowRpcs = fresh.AllowRpcs },
        },
        new OwnSetting(
            "sync-grace",
            "How many milliseconds a guest-sync waits for the answers to earlier requests of its client (0 to 60000).",
            "milliseconds from 0 to 60000",
            (options, text) => Number(text, 0, 60_000) is { } grace ? options with { SyncGrace = TimeSpan.FromMilliseconds(grace) } : null,
            options => $"{options.SyncGrace.TotalMilliseconds:F0}"),
        new OwnSetting(
            "max-stuck-workers",
            "How many commands may hang in the kernel, on a dead network filesystem for example, before further ones are refused (1 to 1024).",
            "a number from 1 to 1024",
            (options, text) => Number(text, 1, 1024) is { } count ? options with { MaxStuckWorkers = count } : null,
            options => $"{options.MaxStuckWorkers}"),
        new OwnSetting(
            "max-answer",
            "The most bytes that an answer may take (4096 to 2147483647, 0 for any number); a larger one becomes an error. libvirt closes the "
            + "channel for good after 10485760.",
            "bytes from 4096 to 2147483647, or 0",
            (options, text) => Number(text, 0, int.MaxValue) is { } bytes and (0 or >= 4096)
                ? options with { MaxAnswer = bytes == 0 ? null : bytes }
                : null,
            options => $"{options.MaxAnswer.GetValueOrDefault()}")
        {
            Renew = (options, fresh) => options with { MaxAnswer = fresh.MaxAnswer },
        },
        new OwnSetting(
            "vsock-allow-cid",
            "Who may connect over vsock: context ids, separated by commas, or any. 2 is the host.",
            "any, or a comma list of numbers from 0 to 4294967294",
            (options, text) => TryReadCids(text, out var cids) ? options with { VsockAllowCid = cids } : null,
            options => options.VsockAllowCid is { } cids ? string.Join(',', cids) : "any"),
        new OwnSetting(
            "socket-mode",
            "The mode of the socket file of unix-listen, in octal.",
            "an octal file mode from 0 to 0777",
            (options, text) => Mode(text) is { } mode ? options with { SocketMode = mode } : null,
            options => Convert.ToString((int)options.SocketMode, 8).PadLeft(4, '0')),
        new OwnSetting(
            "fsfreeze-timeout",
            "How many seconds the host may keep the guest frozen before it is thawed all the same (0 to 2592000, 0 for any time).",
            "seconds from 0 to 2592000",
            (options, text) => Number(text, 0, 2_592_000) is { } seconds
                ? options with { FsFreezeTimeout = seconds == 0 ? null : TimeSpan.FromSeconds(seconds) }
                : null,
            options => $"{options.FsFreezeTimeout.GetValueOrDefault().TotalSeconds:F0}"),
        new OwnSetting(
            "fsfreeze-exclude",
            "What is never frozen: globs, separated by commas, on mount points if they begin with a slash, else on types of filesystems, "
            + "for example /mnt/scratch*,vfat. A star stands for slashes too.",
            "a comma list of globs",
            (options, text) => options with { FsFreezeExclude = List(text) },
            options => string.Join(',', options.FsFreezeExclude))
        {
            Renew = (options, fresh) => options with { FsFreezeExclude = fresh.FsFreezeExclude },
        },
        new OwnSetting(
            "fsfreeze-hook-timeout",
            "How many seconds fsfreeze-hook may run before it is ended and the freeze fails (1 to 3600).",
            "seconds from 1 to 3600",
            (options, text) => Number(text, 1, 3600) is { } seconds
                ? options with { FsFreezeHookTimeout = TimeSpan.FromSeconds(seconds) }
                : null,
            options => $"{options.FsFreezeHookTimeout.TotalSeconds:F0}"),
        new OwnSetting(
            "policy-dir",
            "The directory of the rules by which the guest's owner says what the host may do, qga-policy(5).",
            "an absolute path",
            (options, text) => text.StartsWith('/') ? options with { PolicyDirectory = text } : null,
            options => options.PolicyDirectory)
        {
            Renew = (options, fresh) => options with { PolicyDirectory = fresh.PolicyDirectory },
        },
        new OwnSetting(
            "policy-mode",
            "What becomes of what those rules refuse: enforce refuses it, audit-only carries it out and says so in the log, off reads no rules.",
            "enforce, audit-only or off",
            (options, text) => Array.IndexOf(PolicyModes, text) is >= 0 and var mode ? options with { PolicyMode = (PolicyMode)mode } : null,
            options => PolicyModes[(int)options.PolicyMode])
        {
            Renew = (options, fresh) => options with { PolicyMode = fresh.PolicyMode },
        },
        new OwnSetting(
            "audit",
            "Where it is recorded what the host does, separated by commas: journal, with fields of its own; file, each record with the hash of the "
            + "one before it; syslog, a line for each command as qemu-ga has it. off is nowhere.",
            "off, or a comma list of journal, file and syslog",
            (options, text) => Sinks(text) is { } sinks ? options with { Audit = sinks } : null,
            options => options.Audit.Count == 0 ? AuditNowhere : string.Join(',', options.Audit))
        {
            Renew = (options, fresh) => options with { Audit = fresh.Audit },
        },
        new OwnSetting(
            "audit-file",
            "The file of that record. Its directory is made, for root alone, if that is missing.",
            "an absolute path",
            (options, text) => text.StartsWith('/') && !text.EndsWith('/') ? options with { AuditFile = text } : null,
            options => options.AuditFile)
        {
            Renew = (options, fresh) => options with { AuditFile = fresh.AuditFile },
        },
        new OwnSetting(
            "extensions",
            "Whether the host has commands that qemu-ga does not know, as __org.qga_freeze-report, by which it asks what a freeze was worth: true or "
            + "false.",
            "true or false",
            (options, text) => text is "true" or "false" ? options with { Extensions = text == "true" } : null,
            options => options.Extensions ? "true" : "false"),
    ];

    /// <summary>What qemu-ga called block-rpcs until 9.0: units and files of that time say so.</summary>
    internal const string OldBlockRpcs = "blacklist";

    private static string? Hook(string path) =>
        string.IsNullOrWhiteSpace(path) || path.StartsWith('/') && Path.GetFullPath(path) == NoHook ? null : path;

    private static int? Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : null;

    private static string[] List(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string[]? Sinks(string text)
    {
        var sinks = List(text);
        return sinks is [AuditNowhere] ? []
            : sinks.Length > 0 && sinks.All(sink => sink is AuditJournal or AuditToFile or AuditSyslog) ? [.. sinks.Distinct()]
            : null;
    }

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
