using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Storage;
using Qga.Transport.Protocol;

namespace Qga.Actors.Storage;

/// <summary><c>guest-get-disks</c>: the guest's disks and partitions, whether anything is mounted from them or not.</summary>
public sealed record GuestGetDisks : ICommand<GuestStorage>
{
    private static readonly string[] HealthCounters =
    [
        "data-units-read", "data-units-written", "host-read-commands", "host-write-commands", "controller-busy-time", "power-cycles",
        "power-on-hours", "unsafe-shutdowns", "media-errors", "number-of-error-log-entries",
    ];

    public static GuestGetDisks Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells the guest's disks and partitions, whether anything is mounted from them or not.")
    {
        Since = "5.2",
        Result = SchemaType.ListOf(SchemaType.StructureOf(
            "GuestDiskInfo",
            "A disk or a partition.",
            new("name", SchemaType.Text, "its device node"),
            new("partition", SchemaType.Boolean, "whether it is a part of another"),
            new("dependencies", SchemaType.ListOf(SchemaType.Text), "the device nodes that it is made of") { IsOptional = true },
            new("address", DiskAddressText.Schema, "where it is attached") { IsOptional = true },
            new("alias", SchemaType.Text, "the name that the device mapper has for it") { IsOptional = true },
            new("smart", HealthType, "what an NVMe disk says of itself") { IsOptional = true })),
    };

    private static SchemaType HealthType => SchemaType.StructureOf(
        "GuestNVMeSmart",
        "The health page of an NVMe disk.",
        [
            new("type", SchemaType.OneOf("GuestDiskSmartType", "nvme"), "the kind of the disk"),
            new("critical-warning", SchemaType.Integer, "a set of warnings, 0 for none"),
            new("temperature", SchemaType.Integer, "how warm it is") { Unit = "kelvin" },
            new("available-spare", SchemaType.Integer, "what is left of the spare blocks") { Unit = "percent" },
            new("available-spare-threshold", SchemaType.Integer, "with less than that it warns") { Unit = "percent" },
            new("percentage-used", SchemaType.Integer, "of the life that its maker expects") { Unit = "percent" },
            .. HealthCounters.SelectMany(counter => (IEnumerable<SchemaMember>)
            [
                new($"{counter}-lo", SchemaType.UnsignedInteger, "the lower 64 bits of the disk's counter"),
                new($"{counter}-hi", SchemaType.UnsignedInteger, "its upper 64 bits"),
            ]),
        ]);

    public IQmpValue Execute(GuestStorage storage) => QmpValue.ListOf(storage.Blocks.Devices(), Write);

    private static void Write(QmpWriter json, BlockDevice device)
    {
        json.WriteMember("name", device.Node);
        json.WriteMember("partition", device.IsPartition);
        if (device.Dependencies is { } dependencies)
            json.WriteListMember("dependencies", dependencies);
        if (device.Address is { } address)
            json.WriteObjectMember("address", address, DiskAddressText.Write);
        json.WriteOptionalMember("alias", device.Alias);
        if (device.Health is { } health)
            json.WriteObjectMember("smart", health, WriteHealth);
    }

    private static void WriteHealth(QmpWriter json, NvmeHealth health)
    {
        json.WriteMember("type", "nvme");
        json.WriteMember("critical-warning", (long)health.CriticalWarning);
        json.WriteMember("temperature", (long)health.Temperature);
        json.WriteMember("available-spare", (long)health.AvailableSpare);
        json.WriteMember("available-spare-threshold", (long)health.AvailableSpareThreshold);
        json.WriteMember("percentage-used", (long)health.PercentageUsed);
        for (var i = 0; i < HealthCounters.Length; i++)
        {
            json.WriteMember($"{HealthCounters[i]}-lo", (ulong)health.Counters[i]);
            json.WriteMember($"{HealthCounters[i]}-hi", (ulong)(health.Counters[i] >> 64));
        }
    }
}
