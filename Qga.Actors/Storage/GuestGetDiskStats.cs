using Qga.Actors.Commands;
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
