using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Agent;

/// <summary><c>guest-info</c>: the level of the protocol, and every command with whether it is allowed just now.</summary>
public sealed record GuestInfo : ICommand<Session>
{
    public static GuestInfo Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(Session session) => new Result(session);

    /// <summary>Commands come in reverse order of registration, as from qemu-ga.</summary>
    public sealed record Result(Session Session) : IQmpValue
    {
        public void WriteTo(QmpWriter json)
        {
            json.WriteStartObject();
            json.WriteMember("version", ProtocolLevel.Version);
            json.WriteListMember("supported_commands", Session.Catalog.All.Reverse(), WriteCommand);
            json.WriteEndObject();
        }

        private void WriteCommand(QmpWriter json, CommandSpec spec)
        {
            json.WriteMember("name", spec.Name);
            json.WriteMember("enabled", Session.Filter.Allows(spec, Session.IsFrozen));
            json.WriteMember("success-response", !spec.Is(CommandTraits.NoSuccessResponse));
        }
    }
}
