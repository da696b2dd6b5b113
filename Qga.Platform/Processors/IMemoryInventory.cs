using Qga.Platform.Native;

namespace Qga.Platform.Processors;

/// <summary>The guest's memory, in the blocks in which it may be taken out of use.</summary>
public interface IMemoryInventory
{
    /// <summary>All blocks that are there, in the kernel's order; none where the kernel can't take memory out of use.</summary>
    /// <exception cref="PlatformException">The kernel does not tell.</exception>
    IReadOnlyList<MemoryBlock> Blocks();

    /// <summary>Has a block used, or not; nothing is done where it is so already.</summary>
    MemoryBlockChange SetOnline(ulong block, bool isOnline);

    /// <summary>The size of every block in bytes.</summary>
    /// <exception cref="PlatformException">The kernel does not tell.</exception>
    ulong BlockSize();
}

/// <summary>A block of memory.</summary>
/// <param name="Index">Its physical address, in blocks.</param>
/// <param name="IsOnline">Whether it is used.</param>
/// <param name="CanOffline">Whether it may be taken out of use.</param>
public sealed record MemoryBlock(ulong Index, bool IsOnline, bool CanOffline);

/// <summary>How an attempt to have a block used, or not, came out.</summary>
public enum MemoryBlockOutcome
{
    Success,
    NotFound,
    OperationNotSupported,
    OperationFailed,
}

/// <summary>How an attempt came out, and the kernel's reason if it was no success.</summary>
public readonly record struct MemoryBlockChange(MemoryBlockOutcome Outcome, Errno Errno)
{
    public static MemoryBlockChange Success { get; } = new(MemoryBlockOutcome.Success, Errno.Success);
}
