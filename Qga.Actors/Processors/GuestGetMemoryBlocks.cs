using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-get-memory-blocks</c>: which blocks of memory there are, and which of them are used.</summary>
public sealed record GuestGetMemoryBlocks : ICommand<GuestProcessors>
{
    public static GuestGetMemoryBlocks Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells which blocks of memory there are, and which of them are used.")
    {
        Since = "2.3",
        Result = SchemaType.ListOf(SchemaType.StructureOf(
            "GuestMemoryBlock",
            "A block of memory.",
            new("phys-index", SchemaType.UnsignedInteger, "the kernel's number of it"),
            new("online", SchemaType.Boolean, "whether it is used"),
            new("can-offline", SchemaType.Boolean, "whether guest-set-memory-blocks can have it not used") { IsOptional = true })),
    };

    public IQmpValue Execute(GuestProcessors guest) => QmpValue.ListOf(guest.Memory.Blocks(), static (json, block) =>
    {
        json.WriteMember("phys-index", block.Index);
        json.WriteMember("online", block.IsOnline);
        json.WriteMember("can-offline", block.CanOffline);
    });
}
