using Qga.Testing;

namespace Qga.Ctl.Tests.Published;

/// <summary>A test of the tool for arm64 under user emulation, skipped with the reason where it can't run.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class Arm64ToolFactAttribute : FactAttribute
{
    public Arm64ToolFactAttribute() => Skip =
        !File.Exists(PublishedTool.Arm64Executable) ? $"{PublishedTool.Arm64Executable} is missing: make publish-ctl-arm64" :
        ToolFactAttribute.Find(CTarget.Arm64Emulator) is null ? $"{CTarget.Arm64Emulator} is missing here" :
        null;
}
