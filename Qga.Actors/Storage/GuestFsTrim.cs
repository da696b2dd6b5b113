using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Audit;
using Qga.Platform.Freeze;
using Qga.Transport.Protocol;

namespace Qga.Actors.Storage;

/// <summary><c>guest-fstrim</c>: tells the devices of all filesystems which blocks are unused.</summary>
public sealed record GuestFsTrim(long Minimum) : ICommand<GuestStorage>
{
    public string AuditText => "guest-fstrim called";

    public bool Changes => true;

    public void Tell(AuditMembers what, bool hasArguments) => what.Add("minimum", Minimum);

    public static GuestFsTrim Parse(QmpArguments arguments) => new(arguments.OptionalInteger("minimum") ?? 0);

    public static CommandDescription Describe() => new("Tells the devices of all mounted filesystems which blocks are unused.")
    {
        Since = "1.2",
        Arguments = [new("minimum", "free ranges shorter than that are passed over") { Unit = "bytes", Default = 0L }],
        Result = SchemaType.StructureOf(
            "GuestFilesystemTrimResponse",
            "What was trimmed.",
            [new("paths", SchemaType.ListOf(TrimResult), "one for each filesystem, the last mounted first")]),
        Changes = "unused blocks lose what was in them",
        Notes = ["A filesystem that can't be trimmed is no error of the command."],
    };

    private static SchemaType TrimResult => SchemaType.StructureOf(
        "GuestFilesystemTrimResult",
        "What was trimmed of one filesystem, or why it was not.",
        new("path", SchemaType.Text, "its mount point"),
        new("trimmed", SchemaType.Integer, "how much") { IsOptional = true, Unit = "bytes" },
        new("minimum", SchemaType.Integer, "the shortest range that was not passed over") { IsOptional = true, Unit = "bytes" },
        new("error", SchemaType.Text, "why it was not") { IsOptional = true });

    public IQmpValue Execute(GuestStorage storage) =>
        QmpValue.ObjectOf(storage.Trimmer.TrimAll((ulong)Minimum), static (json, paths) => json.WriteListMember("paths", paths, WritePath));

    private static void WritePath(QmpWriter json, TrimmedPath path)
    {
        json.WriteMember("path", path.Path);
        json.WriteOptionalMember("trimmed", (long?)path.Trimmed?.Trimmed);
        json.WriteOptionalMember("minimum", (long?)path.Trimmed?.Minimum);
        json.WriteOptionalMember("error", path.Error);
    }
}

/// <summary>What was trimmed of one filesystem, or why it was not.</summary>
public sealed record TrimmedPath(string Path, TrimResult? Trimmed, string? Error)
{
    public static TrimmedPath Of(string path, TrimResult trimmed) => new(path, trimmed, Error: null);

    public static TrimmedPath Failed(string path, string error) => new(path, Trimmed: null, error);
}
