using Qga.Testing;

namespace Qga.Host.Tests.Portability;

/// <summary>What is published asks for nothing of the guest before its first instruction.</summary>
public sealed class StaticExecutableTests
{
    [Fact]
    public void X64_needs_no_loader() => Assert.Equal(ElfExecutable.Static(ElfExecutable.X64), ElfExecutable.Of(PublishedAgent.Executable));

    [Arm64Fact]
    public void Arm64_needs_no_loader() => Assert.Equal(ElfExecutable.Static(ElfExecutable.Arm64), ElfExecutable.Of(Arm64Agent.Executable));
}
