using Newtonsoft.Json;
using Qga.Actors;
using Qga.Actors.Commands;
using Qga.Host.CommandLine;
using Qga.Host.Control;
using Qga.Host.Metrics;

namespace Qga.Host.Schema;

/// <summary>Everything that can be asked of this agent: by the host, and by root on the guest.</summary>
public static class ProtocolSchema
{
    public static IReadOnlyList<CommandSchema> Commands { get; } =
    [
        .. GuestCommands.Extended.All.Select(CommandSchema.Of),
        new(ControlActor.StatusCommand, "Control", AgentStatus.Describe(), []) { IsFrozenSafe = true },
        new(ControlActor.MetricsCommand, "Control", AgentMetrics.Describe(), []) { IsFrozenSafe = true },
        new(ControlActor.FreezesCommand, "Control", ControlActor.DescribeFreezes(), []) { IsFrozenSafe = true },
    ];

    /// <summary>The schema of all commands.</summary>
    public static string Json => Text(Commands);

    /// <summary>The schema of one command, with the types that it needs; null if there is no such command.</summary>
    public static string? JsonOf(string name) =>
        Commands.FirstOrDefault(command => command.Name == name) is { } command ? Text([command]) : null;

    private static string Text(IReadOnlyList<CommandSchema> commands) =>
        JsonSchema.Of(commands, Usage.Version).ToString(Formatting.Indented).ReplaceLineEndings("\n");
}
