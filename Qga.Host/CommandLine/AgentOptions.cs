using Qga.Actors;
using Qga.Actors.Commands;
using Qga.Platform.Audit;
using Qga.Platform.Configuration;
using Qga.Platform.OwnProcess;

namespace Qga.Host.CommandLine;

/// <summary>What becomes of what the guest's policy refuses.</summary>
public enum PolicyMode
{
    /// <summary>It is not done.</summary>
    Enforce,

    /// <summary>It is done, and the log says so.</summary>
    AuditOnly,

    /// <summary>There is no policy.</summary>
    Off,
}

/// <summary>Everything that can be set, with the value in effect.</summary>
public sealed record AgentOptions
{
    public const string DefaultConfigurationFile = "/etc/qemu/qemu-ga.conf";
    public const string DefaultFsFreezeHook = "/etc/qemu/fsfreeze-hook";
    public const string DefaultMethod = "virtio-serial";

    public bool Daemonize { get; init; }

    /// <summary>The kind of channel by its name; one that we don't know fails when the channel is opened, as upstream.</summary>
    public string Method { get; init; } = DefaultMethod;

    /// <summary>The channel's device, socket file or CID:PORT; <c>null</c> only with an <see cref="Activation"/>.</summary>
    public string? Path { get; init; }

    public string? LogFile { get; init; }

    public string PidFile { get; init; } = "/var/run/qemu-ga.pid";

    public string? FsFreezeHook { get; init; }

    public string StateDirectory { get; init; } = Platform.State.StateDirectory.Default;

    public bool Verbose { get; init; }

    /// <summary>What qemu-ga's next release has for all messages; its <see cref="Verbose"/> then leaves out the debug ones.</summary>
    public bool Debug { get; init; }

    /// <summary>Whether everything is logged.</summary>
    public bool LogsEverything => Verbose || Debug;

    public bool RetryPath { get; init; }

    public IReadOnlyList<string> BlockRpcs { get; init; } = [];

    /// <summary>None means that all are allowed.</summary>
    public IReadOnlyList<string> AllowRpcs { get; init; } = [];

    public SocketActivation? Activation { get; init; }

    /// <summary>How long a sync waits for the requests before it.</summary>
    public TimeSpan SyncGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many commands may be stuck in the kernel before new ones are refused.</summary>
    public int MaxStuckWorkers { get; init; } = 32;

    /// <summary>The most bytes that an answer may take on the wire; <c>null</c> for any number.</summary>
    public long? MaxAnswer { get; init; }

    /// <summary>The vsock addresses that may connect; <c>null</c> for any.</summary>
    public IReadOnlyList<uint>? VsockAllowCid { get; init; } = [VsockHost];

    public UnixFileMode SocketMode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>How long the host may keep the guest frozen; <c>null</c> for any time.</summary>
    public TimeSpan? FsFreezeTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Globs on mount points or types of filesystems that are never frozen.</summary>
    public IReadOnlyList<string> FsFreezeExclude { get; init; } = [];

    /// <summary>How long the freeze hook may run.</summary>
    public TimeSpan FsFreezeHookTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Where the rules of the guest's policy are.</summary>
    public string PolicyDirectory { get; init; } = Platform.Policy.Reading.PolicyDirectory.Default;

    /// <summary>What becomes of what they refuse.</summary>
    public PolicyMode PolicyMode { get; init; }

    /// <summary>Where it is recorded what the host does: <c>journal</c>, <c>file</c>, <c>syslog</c>; none for nowhere.</summary>
    public IReadOnlyList<string> Audit { get; init; } = [Settings.AuditSyslog];

    /// <summary>The file of that record.</summary>
    public string AuditFile { get; init; } = "/var/log/qga/audit.jsonl";

    /// <summary>The same for who records.</summary>
    public AuditSettings AuditSettings => new(
        Audit.Contains(Settings.AuditSyslog), Audit.Contains(Settings.AuditJournal), Audit.Contains(Settings.AuditToFile) ? AuditFile : null);

    /// <summary>Whether the host has commands of our own beside those of qemu-ga.</summary>
    public bool Extensions { get; init; }

    /// <summary>The commands that there are.</summary>
    internal CommandCatalog Catalog => Extensions ? GuestCommands.Extended : GuestCommands.Catalog;

    /// <summary>The configuration file that was read; null if there is none.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>What that file says, without the command line; null if it says nothing.</summary>
    public AgentOptions? OfFile { get; init; }

    /// <summary>Whether an option names the state directory, and not the file or nobody.</summary>
    public bool IsStateDirectoryOfOption => StateDirectory != (OfFile?.StateDirectory ?? Platform.State.StateDirectory.Default);

    /// <summary>What has set the state directory, in words.</summary>
    public string StateDirectoryOrigin => StateDirectory switch
    {
        Platform.State.StateDirectory.Default => $"{StateDirectory}, which is the default: --statedir names another",
        _ when StateDirectory == OfFile?.StateDirectory => $"that of key statedir={StateDirectory} in {ConfigurationFile}",
        _ => $"that of option --statedir={StateDirectory}",
    };

    /// <summary>VMADDR_CID_HOST.</summary>
    private const uint VsockHost = 2;

    /// <summary>The kinds of channels that have a path of their own.</summary>
    internal static readonly (string Method, string Path)[] DefaultPaths =
        [(DefaultMethod, "/dev/virtio-ports/org.qemu.guest_agent.0"), ("isa-serial", "/dev/ttyS0")];

    public static string? DefaultPath(string method) => Array.Find(DefaultPaths, known => known.Method == method).Path;

    /// <summary>
    /// The configuration file that stands for these options, in qemu-ga's order; our own keys only where they were changed.
    /// </summary>
    public KeyFile ToKeyFile()
    {
        var file = KeyFile.Parse([]);
        foreach (var setting in Settings.All.Where(setting => setting.IsDumped(this)))
            file.Set(setting.Group, setting.Key, setting.ValueIn(this)!);
        return file;
    }
}
