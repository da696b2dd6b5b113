using Qga.Actors.Commands;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-get-memory-blocks</c>: which blocks of memory there are, and which of them are used.</summary>
public sealed record GuestGetMemoryBlocks : ICommand<GuestProcessors>
{
    public static GuestGetMemoryBlocks Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(GuestProcessors guest) => QmpValue.ListOf(guest.Memory.Blocks(), static (json, block) =>
    {
        json.WriteMember("phys-index", block.Index);
        json.WriteMember("online", block.IsOnline);
        json.WriteMember("can-offline", block.CanOffline);
    });
}
