namespace Qga.Testing;

/// <summary>For which machine a C program is made; one of another architecture runs under user emulation.</summary>
public static class CTarget
{
    /// <summary>This machine.</summary>
    public const string Own = "";

    public const string Arm64 = "arm64";

    /// <summary>Runs programs of arm64; its name is the release's.</summary>
    public static string Arm64Emulator { get; } = ToolFactAttribute.Find("qemu-aarch64-static") is null ? "qemu-aarch64" : "qemu-aarch64-static";

    internal static string CompilerOf(string target) => target == Arm64 ? "aarch64-linux-gnu-gcc" : "cc";

    /// <summary>The command that runs a program.</summary>
    internal static string[] Running(string target, string program) => target == Arm64 ? [Arm64Emulator, program] : [program];

    /// <summary>Why there is none for it here; null if there is.</summary>
    internal static string? UnavailableReason(string target) =>
        ToolFactAttribute.Find(CompilerOf(target)) is null ? $"no C compiler to ask: {CompilerOf(target)} is missing here" :
        target == Arm64 && ToolFactAttribute.Find(Arm64Emulator) is null ? $"{Arm64Emulator} is missing here" :
        null;
}
