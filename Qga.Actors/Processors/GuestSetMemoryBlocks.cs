using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Audit;
using Qga.Platform.Processors;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-set-memory-blocks</c>: has blocks of memory used or not, each with an outcome of its own.</summary>
public sealed record GuestSetMemoryBlocks(IReadOnlyList<GuestSetMemoryBlocks.Element> Blocks) : ICommand<GuestProcessors>
{
    public bool Changes => true;

    public void Tell(AuditMembers what, bool hasArguments) => what
        .Add("online", [.. Blocks.Where(block => block.IsOnline).Select(block => $"{block.PhysicalIndex}")])
        .Add("offline", [.. Blocks.Where(block => !block.IsOnline).Select(block => $"{block.PhysicalIndex}")]);

    public static GuestSetMemoryBlocks Parse(QmpArguments arguments) => new(arguments.Objects("mem-blks", Element.Parse));

    public static CommandDescription Describe() => new("Has blocks of memory used or not, each with an outcome of its own.")
    {
        Since = "2.3",
        Arguments =
        [
            new("mem-blks", "which, as guest-get-memory-blocks tells them")
            {
                ElementType = "GuestMemoryBlockChange",
                Members =
                [
                    new("phys-index", "the kernel's number of it"), new("online", "whether it is to be used"),
                    new("can-offline", "not looked at"),
                ],
            },
        ],
        Result = SchemaType.ListOf(SchemaType.StructureOf(
            "GuestMemoryBlockResponse",
            "What became of a block.",
            new("phys-index", SchemaType.UnsignedInteger, "the kernel's number of it"),
            new(
                "response",
                SchemaType.OneOf("GuestMemoryBlockResponseType", "success", "not-found", "operation-not-supported", "operation-failed"),
                "how it went"),
            new("error-code", SchemaType.Integer, "the errno of what failed") { IsOptional = true })),
        Changes = "these blocks",
    };

    public IQmpValue Execute(GuestProcessors guest)
    {
        var changes = new List<(ulong Index, MemoryBlockChange Change)>(Blocks.Count);
        foreach (var block in Blocks)
            changes.Add((block.PhysicalIndex, guest.Memory.SetOnline(block.PhysicalIndex, block.IsOnline)));
        return QmpValue.ListOf(changes, static (json, block) =>
        {
            json.WriteMember("phys-index", block.Index);
            json.WriteMember("response", Word(block.Change.Outcome));
            if (block.Change.Outcome != MemoryBlockOutcome.Success)
                json.WriteMember("error-code", (long)block.Change.Errno);
        });
    }

    private static string Word(MemoryBlockOutcome outcome) => outcome switch
    {
        MemoryBlockOutcome.Success => "success",
        MemoryBlockOutcome.NotFound => "not-found",
        MemoryBlockOutcome.OperationNotSupported => "operation-not-supported",
        _ => "operation-failed",
    };

    /// <summary>One block, as <c>guest-get-memory-blocks</c> tells it and the host gives it back; whether it can be offline is no wish.</summary>
    public sealed record Element(ulong PhysicalIndex, bool IsOnline)
    {
        internal static Element Parse(QmpArguments arguments)
        {
            var element = new Element(arguments.UnsignedInteger("phys-index"), arguments.Boolean("online"));
            arguments.OptionalBoolean("can-offline");
            return element;
        }
    }
}
