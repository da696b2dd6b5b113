using Qga.Platform;
using Qga.Platform.Native;
using Qga.Platform.Processors;

namespace Qga.Actors.Tests.Processors;

/// <summary>The guest's processors and memory, as a test wants it.</summary>
internal sealed class FakeProcessors : IProcessorInventory, IMemoryInventory
{
    internal List<Processor> Present { get; } = [];

    internal List<MemoryBlock> Memory { get; } = [];

    internal List<ProcessorTimes> Spent { get; } = [];

    /// <summary>What was asked for, in order, whether it was done or not.</summary>
    internal List<(long Processor, bool IsOnline)> Wishes { get; } = [];

    internal List<(ulong Block, bool IsOnline)> MemoryWishes { get; } = [];

    /// <summary>What becomes of a wish for a block; success where nothing is said.</summary>
    internal Dictionary<ulong, MemoryBlockChange> MemoryChanges { get; } = [];

    public IReadOnlyList<Processor> Processors() => Present;

    public void SetOnline(long processor, bool isOnline)
    {
        Wishes.Add((processor, isOnline));
        if (Present.TrueForAll(present => present.Id != processor))
            throw new SystemCallException(Errno.ENOENT, $"Could not open '/sys/devices/system/cpu/cpu{processor}/'");
    }

    public IReadOnlyList<ProcessorTimes> Times() => Spent;

    public LoadAverage Load() => new(0.5, 1.25, 100);

    public IReadOnlyList<MemoryBlock> Blocks() => Memory;

    public MemoryBlockChange SetOnline(ulong block, bool isOnline)
    {
        MemoryWishes.Add((block, isOnline));
        return MemoryChanges.GetValueOrDefault(block, MemoryBlockChange.Success);
    }

    public ulong BlockSize() => 1UL << 63;
}
