using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-get-vcpus</c>: which processors there are, and which of them work.</summary>
public sealed record GuestGetVcpus : ICommand<GuestProcessors>
{
    public static GuestGetVcpus Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells which processors there are, and which of them work.")
    {
        Since = "1.5",
        Result = SchemaType.ListOf(SchemaType.StructureOf(
            "GuestLogicalProcessor",
            "A processor.",
            new("logical-id", SchemaType.Integer, "the kernel's number of it"),
            new("online", SchemaType.Boolean, "whether it works"),
            new("can-offline", SchemaType.Boolean, "whether guest-set-vcpus can have it rest") { IsOptional = true })),
    };

    public IQmpValue Execute(GuestProcessors guest) => QmpValue.ListOf(guest.Processors.Processors(), static (json, processor) =>
    {
        json.WriteMember("logical-id", processor.Id);
        json.WriteMember("online", processor.IsOnline);
        json.WriteMember("can-offline", processor.CanOffline);
    });
}
