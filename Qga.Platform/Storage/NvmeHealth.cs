using System.Buffers.Binary;
using Qga.Platform.Native;

namespace Qga.Platform.Storage;

/// <summary>How an NVMe disk is: the SMART / Health Information log page of the NVM Express Base Specification.</summary>
public sealed record NvmeHealth
{
    private const byte GetLogPage = 0x02;
    private const uint HealthLog = 0x02;
    private const uint EveryNamespace = uint.MaxValue;

    // The event that had the host look into the log stays: that is for the guest's own tools to take note of.
    private const uint RetainAsynchronousEvent = 1 << 15;

    /// <summary>A set of bits, each a warning.</summary>
    public byte CriticalWarning { get; private init; }

    /// <summary>In kelvins.</summary>
    public ushort Temperature { get; private init; }

    /// <summary>In percent, as the next two.</summary>
    public byte AvailableSpare { get; private init; }

    public byte AvailableSpareThreshold { get; private init; }

    /// <summary>Of the expected life; may be more than 100.</summary>
    public byte PercentageUsed { get; private init; }

    /// <summary>
    /// In the order of the log: units of 512000 bytes read and written, commands to read and write, minutes that the controller was
    /// busy, power cycles, hours of power, unsafe shutdowns, media errors, entries in the error log.
    /// </summary>
    public IReadOnlyList<UInt128> Counters { get; private init; } = [];

    /// <summary>Asks a disk; null if it does not tell.</summary>
    /// <param name="node">The path of its node.</param>
    internal static NvmeHealth? Of(string node)
    {
        Span<byte> log = stackalloc byte[512];
        var errno = LibC.Open(node, LibC.O_RDONLY | LibC.O_NONBLOCK, out var disk);
        using (disk)
        {
            var doublewords = (uint)log.Length / sizeof(uint);
            return errno == Errno.Success
                && LibC.AskNvme(disk, GetLogPage, EveryNamespace, HealthLog | RetainAsynchronousEvent | ((doublewords - 1) << 16), log)
                    == Errno.Success
                ? Parse(log)
                : null;
        }
    }

    /// <param name="log">The log page as the controller gives it, all of its 512 bytes.</param>
    public static NvmeHealth Parse(ReadOnlySpan<byte> log)
    {
        const int FirstCounter = 32;
        const int CounterSize = 16;
        var counters = new UInt128[10];
        for (var i = 0; i < counters.Length; i++)
            counters[i] = BinaryPrimitives.ReadUInt128LittleEndian(log[(FirstCounter + (i * CounterSize))..]);
        return new NvmeHealth
        {
            CriticalWarning = log[0],
            Temperature = BinaryPrimitives.ReadUInt16LittleEndian(log[1..]),
            AvailableSpare = log[3],
            AvailableSpareThreshold = log[4],
            PercentageUsed = log[5],
            Counters = counters,
        };
    }
}
