using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>
/// Packages of every form and architecture, each made once, around small programs that tell the versions of the agent and of qgactl and can do
/// nothing else: what is tested is how they are packed, and a large executable takes long to pack.
/// </summary>
public sealed class SmallPackages : IDisposable
{
    public const string Level = "11.1.0";
    internal const string Compiler = "cc";
    internal const string CompilerForArm64 = "aarch64-linux-gnu-gcc";

    private readonly Dictionary<string, string> _made = [];

    public SmallPackages()
    {
        foreach (var (compiler, suffix) in new[] { (Compiler, ""), (CompilerForArm64, "_ARM64") })
        {
            foreach (var (variable, line) in new[] { ("QGA_BINARY", $"QEMU Guest Agent {Level} (qga {Version})"), ("QGACTL_BINARY", $"qgactl {Version}") })
            {
                var program = Scratch.PathOf($"{variable}{suffix}");
                var source = Scratch.Write("version.c", $"#include <stdio.h>\nint main(void) {{ puts(\"{line}\"); return 0; }}\n");
                _ = Run(compiler, "-static-pie", "-s", "-o", program, source);
                Environment[$"{variable}{suffix}"] = program;
            }
        }
    }

    public static string Version { get; } = ProcessRun.Of(Repository.PathOf("packaging/version"), []).Output.TrimEnd();

    public ScratchDirectory Scratch { get; } = new();

    /// <summary>What makes packaging/build-... take the small programs.</summary>
    public Dictionary<string, string?> Environment { get; } = [];

    /// <returns>The path of the package that packaging/build-FORM makes.</returns>
    public string Of(string form, params string[] architectures)
    {
        var name = $"{form} {string.Join(' ', architectures)}";
        if (_made.TryGetValue(name, out var path))
            return path;
        return _made[name] = Succeeded(ProcessRun.Of(
            Repository.PathOf($"packaging/build-{form}"), [Scratch.PathOf("made"), .. architectures], Environment)).TrimEnd();
    }

    public static string Run(string program, params string[] arguments) => Succeeded(ProcessRun.Of(program, arguments));

    public static string Succeeded(ProcessRun run) => run.ExitCode == 0 ? run.Output : throw new InvalidOperationException($"{run}");

    public void Dispose() => Scratch.Dispose();
}

/// <summary>A test of <see cref="SmallPackages"/>, skipped with the reason where a tool for making or looking at them is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SmallPackageFactAttribute : Xunit.FactAttribute
{
    private static readonly string[] Tools = ["scdoc", SmallPackages.Compiler, SmallPackages.CompilerForArm64, CTarget.Arm64Emulator];

    public SmallPackageFactAttribute(params string[] needed) => Skip = ReasonFor(needed);

    internal static string? ReasonFor(string[] needed) => new ToolFactAttribute([.. Tools, .. needed]).Skip;
}

/// <summary>As <see cref="SmallPackageFactAttribute"/>, for each of some arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SmallPackageTheoryAttribute : Xunit.TheoryAttribute
{
    public SmallPackageTheoryAttribute(params string[] needed) => Skip = SmallPackageFactAttribute.ReasonFor(needed);
}
