using Qga.Actors.Commands;
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
