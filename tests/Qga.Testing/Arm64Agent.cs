using Xunit;

namespace Qga.Testing;

/// <summary>The executable for arm64, under user emulation.</summary>
public sealed class Arm64Agent(params string[] options) : AgentUnderTest(Executable, options, [CTarget.Arm64Emulator])
{
    public static string Executable { get; } = Repository.PathOf("artifacts/publish-arm64/qga");

    /// <summary>Why there can be none here, null if there can.</summary>
    public static string? UnavailableReason =>
        !File.Exists(Executable) ? $"{Executable} is missing: make publish-arm64" :
        ToolFactAttribute.Find(CTarget.Arm64Emulator) is null ? $"{CTarget.Arm64Emulator} is missing here" :
        null;
}

/// <summary>A test of the executable for arm64, skipped with the reason where it can't run.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class Arm64FactAttribute : FactAttribute
{
    private const string Registered = "/proc/sys/fs/binfmt_misc/qemu-aarch64";

    public Arm64FactAttribute() => Skip = Arm64Agent.UnavailableReason;

    /// <summary>Whether the agent starts itself anew, for a keeper or a guardian.</summary>
    public bool StartsItself
    {
        get;
        set
        {
            field = value;
            Skip ??= value && !File.Exists(Registered) ? "the kernel can't start programs of arm64 by itself: binfmt_misc has none for them" : null;
        }
    }
}
