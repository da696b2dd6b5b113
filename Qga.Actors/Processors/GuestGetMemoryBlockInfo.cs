using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-get-memory-block-info</c>: the size of a block of memory, in bytes.</summary>
public sealed record GuestGetMemoryBlockInfo : ICommand<GuestProcessors>
{
    public static GuestGetMemoryBlockInfo Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells how large a block of memory is.")
    {
        Since = "2.3",
        Result = SchemaType.StructureOf(
            "GuestMemoryBlockInfo",
            "What all blocks of memory have in common.",
            [new("size", SchemaType.UnsignedInteger, "of each") { Unit = "bytes" }]),
    };

    public IQmpValue Execute(GuestProcessors guest) =>
        QmpValue.ObjectOf(guest.Memory.BlockSize(), static (json, size) => json.WriteMember("size", size));
}
