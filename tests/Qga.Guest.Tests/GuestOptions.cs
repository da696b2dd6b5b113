namespace Qga.Guest.Tests;

/// <summary>How a guest differs from the usual one. Disks are raw images, which it sees as virtio block devices in their order.</summary>
public sealed record GuestOptions
{
    public int Processors { get; init; } = 2;

    /// <summary>How many there may be at most, those that are plugged in later too; null is no more than there are.</summary>
    public int? MostProcessors { get; init; }

    public int MemoryMegabytes { get; init; } = 512;

    /// <summary>How much there may be at most, with what is plugged in later, in one of two slots; null is no more than there is.</summary>
    public int? MostMemoryMegabytes { get; init; }

    public IReadOnlyList<string> Disks { get; init; } = [];

    /// <summary>More for QEMU's command line, as it is.</summary>
    public IReadOnlyList<string> QemuArguments { get; init; } = [];
}
