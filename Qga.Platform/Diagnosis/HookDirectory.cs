namespace Qga.Platform.Diagnosis;

/// <summary>What the dispatcher runs, by its own rules: see config/fsfreeze-hook.</summary>
public static class HookDirectory
{
    private static readonly string[] PassedOver = ["~", ".bak", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".sample"];

    /// <summary>The files beside a hook that are meant to be run, in the order of their names.</summary>
    public static IEnumerable<string> Members(string hook) => !Directory.Exists($"{hook}.d") ? [] :
        Directory.EnumerateFiles($"{hook}.d")
            .Where(file => !PassedOver.Any(file.EndsWith) && !Path.GetFileName(file).Contains(".dpkg-", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}
