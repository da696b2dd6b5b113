using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>The Debian package of the published agent, built once for all tests of a class that ask for it.</summary>
public sealed class BuiltPackage : IDisposable
{
    /// <summary>What building takes.</summary>
    public static readonly string[] Tools = ["dpkg-deb", "scdoc"];

    private readonly ScratchDirectory _scratch = new();
    private readonly Lazy<string> _path;
    private readonly Lazy<string> _tree;

    public BuiltPackage()
    {
        _path = new(() => Run(Repository.PathOf("packaging/build-deb"), _scratch.Root).TrimEnd());
        _tree = new(() =>
        {
            Run("dpkg-deb", "-R", Path, _scratch.PathOf("tree"));
            return _scratch.PathOf("tree");
        });
    }

    public string Path => _path.Value;

    /// <summary>A folder with its files, and its control files in DEBIAN.</summary>
    public string Tree => _tree.Value;

    /// <summary>Builds the next version of the package, in which a file has a line more.</summary>
    public string WithLine(string version, string file, string line)
    {
        var next = _scratch.PathOf($"next-{version}");
        Run("cp", "-a", Tree, next);
        File.AppendAllText(System.IO.Path.Combine(next, file), $"{line}\n");
        var control = System.IO.Path.Combine(next, "DEBIAN/control");
        File.WriteAllLines(control, File.ReadAllLines(control)
            .Select(field => field.StartsWith("Version: ", StringComparison.Ordinal) ? $"Version: {version}" : field));
        Run("dpkg-deb", "--root-owner-group", "-Znone", "--build", next, $"{next}.deb");
        return $"{next}.deb";
    }

    public void Dispose() => _scratch.Dispose();

    private static string Run(string program, params string[] arguments)
    {
        var run = ProcessRun.Of(program, arguments);
        return run.ExitCode == 0 ? run.Output : throw new InvalidOperationException($"{program} has failed: {run.Error}{run.Output}");
    }
}
