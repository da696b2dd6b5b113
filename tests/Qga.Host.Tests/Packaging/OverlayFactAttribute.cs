using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>A test in a copy of the machine's files that is thrown away, skipped with the reason where there can be none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OverlayFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(Try);

    public OverlayFactAttribute(params string[] needed) =>
        Skip = new ToolFactAttribute(["unshare", "chroot", .. needed]) { NeedsRoot = true }.Skip ?? Reason.Value;

    /// <summary>
    /// Runs a shell script in namespaces whose root is a copy of the machine's files, less what is mounted below them; the directory
    /// <paramref name="scratch"/> is there as well. Its processes end with it.
    /// </summary>
    public static ProcessRun Run(ScratchDirectory scratch, string script)
    {
        var layers = scratch.PathOf("layers");
        Directory.CreateDirectory(layers);
        return ProcessRun.Of("unshare", ["--mount", "--pid", "--fork", "--kill-child", "sh", "-e", "-c", $"""
            mount -t tmpfs layers {layers}
            mkdir {layers}/upper {layers}/work {layers}/root
            mount -t overlay overlay -o lowerdir=/,upperdir={layers}/upper,workdir={layers}/work {layers}/root
            mount -t proc proc {layers}/root/proc
            mount --rbind /dev {layers}/root/dev
            mount -t tmpfs run {layers}/root/run
            mkdir -p {layers}/root{scratch.Root}
            mount --bind {scratch.Root} {layers}/root{scratch.Root}
            exec chroot {layers}/root sh -c "$0"
            """, script]);
    }

    private static string? Try()
    {
        using var scratch = new ScratchDirectory();
        var run = Run(scratch, "true");
        return run.ExitCode == 0 ? null : $"no overlay here: {run.Error.Trim()}";
    }
}
