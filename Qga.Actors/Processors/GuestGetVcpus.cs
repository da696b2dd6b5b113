using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-get-vcpus</c>: which processors there are, and which of them work.</summary>
public sealed record GuestGetVcpus : ICommand<GuestProcessors>
{
    public static GuestGetVcpus Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(GuestProcessors guest) => QmpValue.ListOf(guest.Processors.Processors(), static (json, processor) =>
    {
        json.WriteMember("logical-id", processor.Id);
        json.WriteMember("online", processor.IsOnline);
        json.WriteMember("can-offline", processor.CanOffline);
    });
}
