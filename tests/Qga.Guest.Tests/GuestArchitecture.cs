using Qga.Testing;

namespace Qga.Guest.Tests;

/// <summary>What differs between guests of the architectures that the agent is made for.</summary>
public sealed record GuestArchitecture
{
    /// <summary>A PC. Nehalem is the first model with all that the runtime's x64 baseline asks for.</summary>
    private static readonly GuestArchitecture Amd64 = new()
    {
        Name = "amd64",
        Agent = "artifacts/publish/qga",
        KernelFolder = "artifacts/guest/kernel",
        Qemu = "qemu-system-x86_64",
        Machine = ["-machine", "q35", "-cpu", "Nehalem"],
        Console = "ttyS0",
        SerialArguments = ["-serial", "chardev:serial"],
        SerialLine = "/dev/ttyS1",
        Tools = ["gcc"],
        Slowness = 1,
    };

    /// <summary>A machine that a device tree describes, without firmware.</summary>
    private static readonly GuestArchitecture Arm64 = new()
    {
        Name = "arm64",
        Agent = "artifacts/publish-arm64/qga",
        KernelFolder = "artifacts/guest/arm64/kernel",
        Qemu = "qemu-system-aarch64",
        Machine = ["-machine", "virt", "-cpu", "cortex-a72"],
        Console = "ttyAMA0",
        SerialArguments = ["-device", "pci-serial,chardev=serial"],
        SerialLine = "/dev/ttyS0",
        Tools = ["aarch64-linux-gnu-gcc", CTarget.Arm64Emulator],
        Slowness = 3,
    };

    /// <summary>That of all guests here: <c>QGA_GUEST</c>, or else amd64.</summary>
    public static GuestArchitecture Current { get; } = Environment.GetEnvironmentVariable("QGA_GUEST") switch
    {
        null or "" or "amd64" => Amd64,
        "arm64" => Arm64,
        var other => throw new NotSupportedException($"QGA_GUEST={other}: guests are amd64 or arm64"),
    };

    /// <summary>Debian's name of it.</summary>
    public required string Name { get; init; }

    /// <summary>Where the agent for it is published.</summary>
    public required string Agent { get; init; }

    public required string KernelFolder { get; init; }

    /// <summary>The emulator.</summary>
    public required string Qemu { get; init; }

    /// <summary>The emulator's arguments for the machine.</summary>
    public required IReadOnlyList<string> Machine { get; init; }

    /// <summary>The kernel's console.</summary>
    public required string Console { get; init; }

    /// <summary>The emulator's arguments for <see cref="SerialLine"/>, whose far end is the character device <c>serial</c>.</summary>
    public required IReadOnlyList<string> SerialArguments { get; init; }

    /// <summary>The serial line of the agent, in the guest.</summary>
    public required string SerialLine { get; init; }

    /// <summary>Programs of this machine that such a guest is made with.</summary>
    public required IReadOnlyList<string> Tools { get; init; }

    /// <summary>How many times as long as a PC's it takes under emulation.</summary>
    public required int Slowness { get; init; }

    public bool IsPc => this == Amd64;
}
