using Qga.Actors.Commands;
using Qga.Platform.Processors;
using Qga.Transport.Protocol;

namespace Qga.Actors.Processors;

/// <summary><c>guest-get-cpustats</c>: what the processors have spent their time with, in milliseconds.</summary>
public sealed record GuestGetCpuStats : ICommand<GuestProcessors>
{
    private static readonly string[] Purposes =
        ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guestnice"];

    public static GuestGetCpuStats Parse(QmpArguments arguments) => new();

    public IQmpValue Execute(GuestProcessors guest) => QmpValue.ListOf(guest.Processors.Times(), WriteTimes);

    private static void WriteTimes(QmpWriter json, ProcessorTimes times)
    {
        json.WriteMember("type", "linux");
        json.WriteMember("cpu", times.Processor);
        for (var purpose = 0; purpose < times.Milliseconds.Count; purpose++)
            json.WriteMember(Purposes[purpose], times.Milliseconds[purpose]);
    }
}
