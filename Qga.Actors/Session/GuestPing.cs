using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Session;

/// <summary><c>guest-ping</c>: tells that the agent is there.</summary>
public sealed record GuestPing : ICommand<SessionState>
{
    private static readonly GuestPing Instance = new();

    public string AuditText => "guest-ping called";

    public static GuestPing Parse(QmpArguments arguments) => Instance;

    public static CommandDescription Describe() => new("Tells that the agent is there.") { Since = "0.15" };

    public IQmpValue Execute(SessionState session) => QmpValue.Empty;
}
