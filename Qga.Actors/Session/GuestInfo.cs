using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Session;

/// <summary><c>guest-info</c>: the level of the protocol, and every command with whether it is allowed just now.</summary>
public sealed record GuestInfo : ICommand<SessionState>
{
    public static GuestInfo Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells the level of the protocol, and every command with whether it may be used now.")
    {
        Since = "0.15",
        Result = SchemaType.StructureOf(
            "GuestAgentInfo",
            "What the agent is and can.",
            new("version", SchemaType.Text, "the version of qemu-ga that this agent is as good as"),
            new("supported_commands", SchemaType.ListOf(CommandInfo), "all commands, the last registered first")),
        Notes = ["While the guest is frozen only what is safe then is enabled."],
    };

    private static SchemaType CommandInfo => SchemaType.StructureOf(
        "GuestAgentCommandInfo",
        "A command of the agent.",
        new("name", SchemaType.Text, "its name"),
        new("enabled", SchemaType.Boolean, "whether neither the guest's administrator nor a freeze forbids it now"),
        new("success-response", SchemaType.Boolean, "whether its success is answered"));

    public IQmpValue Execute(SessionState session) => new Result(
        [.. session.Catalog.All.Reverse().Select(spec => (spec, session.Gate.Refusal(spec, session.Filter, session.Peer) is null))]);

    /// <summary>Commands come in reverse order of registration, as from qemu-ga.</summary>
    public sealed record Result(IReadOnlyList<(CommandSpec Spec, bool IsEnabled)> Commands) : IQmpValue
    {
        public void WriteTo(QmpWriter json)
        {
            json.WriteStartObject();
            json.WriteMember("version", ProtocolLevel.Version);
            json.WriteListMember("supported_commands", Commands, WriteCommand);
            json.WriteEndObject();
        }

        private static void WriteCommand(QmpWriter json, (CommandSpec Spec, bool IsEnabled) command)
        {
            json.WriteMember("name", command.Spec.Name);
            json.WriteMember("enabled", command.IsEnabled);
            json.WriteMember("success-response", !command.Spec.Is(CommandTraits.NoSuccessResponse));
        }
    }
}
