using System.Reflection;
using Qga.Transport.Protocol;

namespace Qga.Host.CommandLine;

/// <summary>What --help says.</summary>
internal static class Usage
{
    /// <summary>The name by which messages tell people to call us.</summary>
    public const string ProgramName = "qga";

    /// <summary>The order in which qemu-ga shows its options.</summary>
    private const string Order = "cmplfFtv\x02VdbaDrh";

    private const int Column = 26;
    private const int Width = 92;

    /// <summary>Our own version, without the commit that a build may add to it.</summary>
    public static string Version { get; } = typeof(Usage).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static string Text(string programName) => $"""
        Usage: {programName} [-m <method> -p <path>] [<options>]
        qga {Version}, a guest agent that speaks the protocol of the QEMU Guest Agent {ProtocolLevel.Version}

        {string.Concat(Options.OrderBy(option => Order.IndexOf(option.Spec.Letter, StringComparison.Ordinal)).Select(Line))}
        In the guest, as root:
          {ProgramName} status [--json]     what the agent that runs is doing
          {ProgramName} freezes [--json]    what the last freezes were worth
          {ProgramName} check [--json]      what would go wrong with a backup
          {ProgramName} thaw                thaw the filesystems, even if no agent runs
          {ProgramName} schema [COMMAND]    what each command takes and returns, as JSON Schema
          {ProgramName} policy check        whether the rules of the policy are in order, and what they leave to the host
          {ProgramName} audit               what the host has done; with --verify, whether that record was changed
          {ProgramName} metrics             what is counted of the agent, for Prometheus

        """;

    /// <summary>The options that set nothing.</summary>
    internal static IReadOnlyList<(OptionSpec Spec, string? Argument, string Help)> Others { get; } =
    [
        (new('c', "config", ArgumentRule.Required), "PATH", "Read the configuration from PATH, which must exist; else it is read from $QGA_CONF or "
            + $"{AgentOptions.DefaultConfigurationFile}, if that is there."),
        (new('V', "version"), null, "Print the version and exit."),
        (new('D', "dump-conf"), null, "Print a configuration file that stands for these options and exit."),
        (new('h', "help"), null, "Print this and exit."),
    ];

    private static IEnumerable<(OptionSpec Spec, string? Argument, string Help)> Options =>
    [
        .. from setting in Settings.All
           where setting.Option is not null
           select (setting.Option, setting.ArgumentName, $"{setting.About}{DefaultOf(setting)} {setting.OptionNote}".TrimEnd()),
        .. Others,
    ];

    private static string DefaultOf(Setting setting) =>
        setting is TextSetting && (setting.ValueIn(Setting.Defaults) ?? DefaultPaths(setting)) is { } value ? $" (default {value})" : "";

    private static string? DefaultPaths(Setting setting) => setting.Key == "path"
        ? string.Join(", ", AgentOptions.DefaultPaths.Select(known => $"{known.Method}: {known.Path}"))
        : null;

    private static string Line((OptionSpec Spec, string? Argument, string Help) option)
    {
        var letter = char.IsControl(option.Spec.Letter) ? "    " : $"-{option.Spec.Letter}, ";
        var argument = option.Argument is null ? "" : option.Spec.Argument == ArgumentRule.Optional ? $"[={option.Argument}]" : $"={option.Argument}";
        var name = $"  {letter}--{option.Spec.Name ?? option.Spec.UnlistedName}{argument}";
        var lines = WordWrap.Lines(option.Help, Width - Column).ToList();
        if (name.Length > Column - 2)
            lines.Insert(0, "");
        return string.Concat(lines.Select((line, index) => $"{(index == 0 ? name : "").PadRight(Column)}{line}".TrimEnd() + "\n"));
    }
}
