using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Agent;

/// <summary><c>guest-sync</c> and <c>guest-sync-delimited</c>: give the id back, so that a client finds its place in the stream.</summary>
public sealed record GuestSync(long Id) : ICommand<Session>
{
    public static GuestSync Parse(QmpArguments arguments) => new(arguments.Integer("id"));

    public IQmpValue Execute(Session session) => QmpValue.Of(Id);
}
