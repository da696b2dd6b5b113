using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-get-memory-block-info</c>: the size of a block of memory, in bytes.</summary>
public sealed record GuestGetMemoryBlockInfo : ICommand<GuestProcessors>
{
    public static GuestGetMemoryBlockInfo Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(GuestProcessors guest) =>
        QmpValue.ObjectOf(guest.Memory.BlockSize(), static (json, size) => json.WriteMember("size", size));
}
