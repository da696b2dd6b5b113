using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Storage;
using Qga.Transport.Protocol;

namespace Qga.Actors.Storage;

/// <summary><c>guest-get-diskstats</c>: how much has been read from and written to each block device.</summary>
public sealed record GuestGetDiskStats : ICommand<GuestStorage>
{
    private static readonly string[] Names =
    [
        "read-ios", "read-merges", "read-sectors", "read-ticks", "write-ios", "write-merges", "write-sectors", "write-ticks", "ios-pgr",
        "total-ticks", "weight-ticks", "discard-ios", "discard-merges", "discard-sectors", "discard-ticks", "flush-ios", "flush-ticks",
    ];

    private static readonly string[] NamesOfOldPartition = ["read-ios", "read-sectors", "write-ios", "write-sectors"];

    public static GuestGetDiskStats Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells how much has been read from and written to each block device.")
    {
        Since = "7.1",
        Result = SchemaType.ListOf(SchemaType.StructureOf(
            "GuestDiskStatsInfo",
            "The counters of a block device.",
            new("name", SchemaType.Text, "the kernel's name of it"),
            new("major", SchemaType.Integer, "the major number of its device"),
            new("minor", SchemaType.Integer, "the minor number of its device"),
            new("stats", CountersType, "the counters that the kernel has"))),
    };

    private static SchemaType CountersType => SchemaType.StructureOf(
        "GuestDiskStats",
        "The kernel's counters of a device, iostats(5); those that it doesn't have are left out. A sector has 512 bytes, a tick is a millisecond.",
        [.. Names.Select(name => new SchemaMember(name, SchemaType.UnsignedInteger, MeaningOf(name)) { IsOptional = true, Unit = UnitOf(name) })]);

    private static string UnitOf(string name) => name[(name.LastIndexOf('-') + 1)..] switch
    {
        "sectors" => "sectors",
        "ticks" => "milliseconds",
        _ => "requests",
    };

    private static string MeaningOf(string name) => name switch
    {
        "ios-pgr" => "under way now",
        "total-ticks" => "that anything was under way",
        "weight-ticks" => "that, times the number under way",
        _ => name.Split('-') switch
        {
            [var what, "ios"] => $"finished: {what}",
            [var what, "merges"] => $"merged with another: {what}",
            [var what, "sectors"] => $"moved: {what}",
            [var what, ..] => $"spent: {what}",
            _ => name,
        },
    };

    public IQmpValue Execute(GuestStorage storage) => QmpValue.ListOf(storage.Blocks.Statistics(), Write);

    private static void Write(QmpWriter json, DiskStatistics disk)
    {
        json.WriteMember("name", disk.Name);
        json.WriteMember("major", (long)disk.Number.Major);
        json.WriteMember("minor", (long)disk.Number.Minor);
        json.WriteObjectMember("stats", disk.Counters, static (json, counters) =>
        {
            var names = counters.Count == DiskStatistics.OldPartition ? NamesOfOldPartition : Names;
            for (var i = 0; i < counters.Count; i++)
                json.WriteMember(names[i], counters[i]);
        });
    }
}
