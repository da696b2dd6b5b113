using System.Reflection;
using Qga.Transport.Protocol;

namespace Qga.Host.CommandLine;

/// <summary>What --help says.</summary>
internal static class Usage
{
    /// <summary>The name by which messages tell people to call us.</summary>
    public const string ProgramName = "qga";

    /// <summary>Our own version, without the commit that a build may add to it.</summary>
    public static string Version { get; } = typeof(Usage).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static string Text(string programName) => $"""
        Usage: {programName} [-m <method> -p <path>] [<options>]
        qga {Version}, a guest agent that speaks the protocol of the QEMU Guest Agent {ProtocolLevel.Version}

          -c, --config=PATH       read the configuration from PATH, which must exist
                                  (else from $QGA_CONF or {AgentOptions.DefaultConfigurationFile}, if there)
          -m, --method=METHOD     channel to the host: virtio-serial (default), isa-serial,
                                  unix-listen or vsock-listen
          -p, --path=PATH         device or socket of the channel; CID:PORT for vsock-listen
                                  (virtio-serial: {AgentOptions.DefaultPath("virtio-serial")},
                                  isa-serial: {AgentOptions.DefaultPath("isa-serial")})
          -l, --logfile=PATH      append the log to PATH instead of writing it to stderr
          -f, --pidfile=PATH      pid file of a daemon (default {new AgentOptions().PidFile})
          -F, --fsfreeze-hook[=PATH]
                                  run a script before a freeze and after a thaw; its PATH must
                                  follow -F without a space (default {AgentOptions.DefaultFsFreezeHook};
                                  /dev/null is none)
          -t, --statedir=PATH     directory of the state files, absolute (default {new AgentOptions().StateDirectory})
          -v, --verbose           log everything, debug messages too
          -V, --version           print the version and exit
          -d, --daemonize         run in the background
          -b, --block-rpcs=LIST   commands to disable, separated by commas ("help" lists
                                  all commands)
          -a, --allow-rpcs=LIST   commands to enable, in place of all of them ("help" lists them)
          -D, --dump-conf         print a configuration file that stands for these options and exit
          -r, --retry-path        keep trying to open the channel, every 5 seconds, when it is
                                  missing or was lost
          -h, --help              print this and exit

        In the guest, as root:
          {ProgramName} status [--json]     what the agent that runs is doing
          {ProgramName} check [--json]      what would go wrong with a backup
          {ProgramName} thaw                thaw the filesystems, even if no agent runs
          {ProgramName} schema [COMMAND]    what each command takes and returns, as JSON Schema

        """;
}
