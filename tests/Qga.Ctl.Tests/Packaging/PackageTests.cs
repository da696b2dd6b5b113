using Qga.Testing;

namespace Qga.Ctl.Tests.Packaging;

/// <summary>The packages of the tool.</summary>
[Trait("Speed", "Slow")]
public sealed class PackageTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [ToolFact("scdoc", "tar", "dpkg-deb")]
    public void They_have_the_tool_its_manual_and_its_completion()
    {
        var built = ProcessRun.Of(Repository.PathOf("packaging/build-ctl"), [_scratch.Root], new Dictionary<string, string?> { ["QGACTL_BINARY"] = PublishedTool.Executable });
        Assert.True(built.ExitCode == 0, built.Error);
        var paths = built.Output.TrimEnd('\n').Split('\n');
        string[] expected = ["bin/qgactl", "share/bash-completion/completions/qgactl", "share/doc/qgactl/changelog.gz", "share/doc/qgactl/copyright", "share/man/man1/qgactl.1.gz"];

        ProcessRun.Of("dpkg-deb", ["-x", paths[0], _scratch.PathOf("deb")]);
        Assert.Equal([.. expected.Append("share/lintian/overrides/qgactl").Order(StringComparer.Ordinal)], FilesBelow(_scratch.PathOf("deb/usr")));
        Assert.Equal((0, ProcessRun.Of(PublishedTool.Executable, ["--version"]).Output, ""), PublishedRun(_scratch.PathOf("deb/usr/bin/qgactl")));
        Assert.DoesNotContain("Depends:", ProcessRun.Of("dpkg-deb", ["-f", paths[0]]).Output, StringComparison.Ordinal);

        ProcessRun.Of("tar", ["-C", _scratch.Root, "-xzf", paths[1]]);
        var folder = Path.Join(_scratch.Root, Path.GetFileName(paths[1]).Replace(".tar.gz", "", StringComparison.Ordinal));
        Assert.Equal([.. expected.Append("share/doc/qgactl/LICENSE").Order(StringComparer.Ordinal)], FilesBelow(folder));
    }

    private static (int ExitCode, string Output, string Error) PublishedRun(string path)
    {
        var run = ProcessRun.Of(path, ["--version"]);
        return (run.ExitCode, run.Output, run.Error);
    }

    private static string[] FilesBelow(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal)];
}
