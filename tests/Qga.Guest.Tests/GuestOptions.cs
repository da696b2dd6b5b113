namespace Qga.Guest.Tests;

/// <summary>How a guest differs from the usual one. Disks are raw images, which it sees as virtio block devices in their order.</summary>
public sealed record GuestOptions
{
    public int Processors { get; init; } = 2;

    public int MemoryMegabytes { get; init; } = 512;

    public IReadOnlyList<string> Disks { get; init; } = [];

    /// <summary>More for QEMU's command line, as it is.</summary>
    public IReadOnlyList<string> QemuArguments { get; init; } = [];
}
