using Qga.Testing;

namespace Qga.Ctl.Tests.Published;

/// <summary>One file for every host of an architecture.</summary>
public sealed class PortabilityTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void X64_needs_no_loader() => Assert.Equal(ElfExecutable.Static(ElfExecutable.X64), ElfExecutable.Of(PublishedTool.Executable));

    [Arm64ToolFact]
    public void Arm64_needs_no_loader() => Assert.Equal(ElfExecutable.Static(ElfExecutable.Arm64), ElfExecutable.Of(PublishedTool.Arm64Executable));

    /// <remarks>What an executable that was linked for good would load, it would load now.</remarks>
    [ToolFact("strace")]
    public void Nothing_is_loaded_for_a_copy_that_is_verified()
    {
        using var agent = new PublishedAgent();
        var (source, trace) = (WriteContent(), _scratch.PathOf("trace"));
        var run = ProcessRun.Of(
            "strace", ["-f", "-q", "-e", "trace=openat", "-o", trace, PublishedTool.Executable, "cp", source, $"unix:{agent.SocketPath}:{_scratch.PathOf("there")}"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(_scratch.PathOf("there")));
        Assert.DoesNotMatch(@"\.so\b", File.ReadAllText(trace));
    }

    [Arm64ToolFact]
    public void Arm64_copies_verifies_and_runs_programs_of_the_host()
    {
        using var agent = new PublishedAgent();
        var (guest, source, there, back) = ($"unix:{agent.SocketPath}", WriteContent(), _scratch.PathOf("there"), _scratch.PathOf("back"));
        Assert.StartsWith("qgactl ", Run("--version"), StringComparison.Ordinal);
        Assert.Equal("{}\n", Run("call", guest, "guest-ping"));
        Run("cp", source, $"{guest}:{there}");
        Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(there));
        Run("cp", $"{guest}:{there}", back);
        Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(back));
        Assert.Equal("{}\n", Run("call", $"exec:socat - UNIX-CONNECT:{agent.SocketPath}", "guest-ping"));
        Assert.Equal("hello\n", Run("exec", "-n", guest, "--", "echo", "hello"));
    }

    /// <summary>A file of an odd size, of which no two blocks are the same.</summary>
    private string WriteContent()
    {
        var content = new byte[3_000_001];
        new Random(1).NextBytes(content);
        var path = _scratch.PathOf("source");
        File.WriteAllBytes(path, content);
        return path;
    }

    private static string Run(params string[] arguments)
    {
        var run = ProcessRun.Of(CTarget.Arm64Emulator, [PublishedTool.Arm64Executable, .. arguments]);
        Assert.True(run.ExitCode == 0, $"{run}");
        return run.Output;
    }
}
