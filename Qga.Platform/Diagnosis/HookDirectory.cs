using Qga.Platform.Native;

namespace Qga.Platform.Diagnosis;

/// <summary>What the dispatcher runs, by its own rules: see config/fsfreeze-hook.</summary>
public static class HookDirectory
{
    private static readonly string[] PassedOver = ["~", ".bak", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".sample"];

    /// <summary>The files beside a hook that are meant to be run, in the order of their names.</summary>
    public static IEnumerable<string> Members(string hook) => LibC.List($"{hook}.d", out var names) != Errno.Success ? [] :
        names.Select(name => $"{hook}.d/{name}")
            .Where(file => !PassedOver.Any(file.EndsWith) && !Path.GetFileName(file).Contains(".dpkg-", StringComparison.Ordinal))
            .Where(file => LibC.DirectoryStatus(file) != Errno.Success)
            .Order(StringComparer.Ordinal);
}
