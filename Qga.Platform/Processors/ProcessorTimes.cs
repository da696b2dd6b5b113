using Qga.Platform.Proc;

namespace Qga.Platform.Processors;

/// <summary>What a processor has spent its time with since it started, in milliseconds: proc_stat(5).</summary>
/// <param name="Processor">The kernel's number.</param>
/// <param name="Milliseconds">
/// By purpose, as many as the kernel counts: user, nice, system, idle (which are always there), waiting for I/O, interrupts,
/// soft interrupts, stolen by the hypervisor, guests of its own, and such guests with a nice value.
/// </param>
public sealed record ProcessorTimes(long Processor, IReadOnlyList<ulong> Milliseconds)
{
    private const int Fewest = 4;
    private const int Most = 10;

    /// <summary>Reads /proc/stat; a line that makes no sense is left out.</summary>
    /// <param name="text">The content of the file.</param>
    /// <param name="ticksPerSecond">The unit of its times.</param>
    internal static IReadOnlyList<ProcessorTimes> Parse(ReadOnlySpan<byte> text, ulong ticksPerSecond)
    {
        var processors = new List<ProcessorTimes>();
        while (!text.IsEmpty)
        {
            if (ParseLine(Fields.NextLine(ref text), ticksPerSecond) is { } times)
                processors.Add(times);
        }

        return processors;
    }

    private static ProcessorTimes? ParseLine(ReadOnlySpan<byte> line, ulong ticksPerSecond)
    {
        if (!Fields.TryNumbered("cpu"u8, Fields.Next(ref line), out var processor))
            return null;

        var times = new List<ulong>(Most);
        while (times.Count < Most && Fields.TryNext(ref line, out ulong ticks))
            times.Add((ticks / ticksPerSecond * 1000) + (ticks % ticksPerSecond * 1000 / ticksPerSecond));
        return times.Count >= Fewest ? new ProcessorTimes((long)processor, times) : null;
    }
}
