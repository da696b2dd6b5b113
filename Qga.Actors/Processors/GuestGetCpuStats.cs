using Qga.Actors.Commands;
using Qga.Actors.Schema;
using Qga.Platform.Processors;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-get-cpustats</c>: what the processors have spent their time with, in milliseconds.</summary>
public sealed record GuestGetCpuStats : ICommand<GuestProcessors>
{
    private static readonly string[] Purposes =
        ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guestnice"];

    /// <summary>In the order of <see cref="Purposes"/>.</summary>
    private static readonly string[] Meanings =
    [
        "programs", "programs that give way to others", "the kernel", "nothing", "nothing, while a disk was waited for", "interrupts",
        "what interrupts left for later", "kept by the host for others", "guests of this guest", "guests that give way to others",
    ];

    /// <summary>So many of them every kernel counts.</summary>
    private const int AlwaysKnown = 4;

    public static GuestGetCpuStats Parse(QmpArguments arguments) => new();

    public static CommandDescription Describe() => new("Tells what each processor has spent its time with.")
    {
        Since = "7.1",
        Result = SchemaType.ListOf(SchemaType.StructureOf(
            "GuestCpuStats",
            "The times of a processor since the guest was started.",
            [
                new("type", SchemaType.OneOf("GuestCpuStatsType", "linux"), "whose words these are"),
                new("cpu", SchemaType.Integer, "the kernel's number of it"),
                .. Purposes.Select((purpose, index) =>
                    new SchemaMember(purpose, SchemaType.UnsignedInteger, Meanings[index])
                    {
                        Unit = "milliseconds", IsOptional = index >= AlwaysKnown,
                    }),
            ])),
    };

    public IQmpValue Execute(GuestProcessors guest) => QmpValue.ListOf(guest.Processors.Times(), WriteTimes);

    private static void WriteTimes(QmpWriter json, ProcessorTimes times)
    {
        json.WriteMember("type", "linux");
        json.WriteMember("cpu", times.Processor);
        for (var purpose = 0; purpose < times.Milliseconds.Count; purpose++)
            json.WriteMember(Purposes[purpose], times.Milliseconds[purpose]);
    }
}
