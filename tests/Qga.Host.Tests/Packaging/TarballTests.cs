using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>The archive for other distributions, installed below a folder.</summary>
public sealed class TarballTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Target => _scratch.PathOf("target");

    public void Dispose() => _scratch.Dispose();

    [ToolFact("scdoc", "tar")]
    public void It_installs_keeps_configuration_and_uninstalls()
    {
        var archive = ProcessRun.Of(Repository.PathOf("packaging/build-tarball"), [_scratch.Root]);
        Assert.True(archive.ExitCode == 0, archive.Error);
        ProcessRun.Of("tar", ["-C", _scratch.Root, "-xzf", archive.Output.TrimEnd()]);
        var configuration = $"{Target}/etc/qemu/qemu-ga.conf";

        Install();
        Assert.Equal(ProcessRun.Of(PublishedAgent.Executable, ["-V"]).Output, ProcessRun.Of($"{Target}/usr/sbin/qemu-ga", ["-V"]).Output);
        File.AppendAllText(configuration, "# mine\n");
        Install();
        Assert.EndsWith("# mine\n", File.ReadAllText(configuration), StringComparison.Ordinal);

        Install("--uninstall");
        Assert.Equal(
            [configuration, $"{Target}/var/lib/qga/config.sha256"],
            Directory.GetFiles(Target, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));

        Install();
        Install("--uninstall", "--purge");
        Assert.Empty(Directory.GetFiles(Target, "*", SearchOption.AllDirectories));
    }

    private void Install(params string[] options)
    {
        var script = Directory.GetDirectories(_scratch.Root, "qga-*").Single() + "/install";
        var run = ProcessRun.Of(script, options, new Dictionary<string, string?> { ["DESTDIR"] = Target });
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
    }
}
