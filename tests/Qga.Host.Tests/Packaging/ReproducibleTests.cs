using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>The same sources and executables make the same packages, wherever, whenever and by whomever they are packed.</summary>
public sealed class ReproducibleTests(SmallPackages packages) : IClassFixture<SmallPackages>
{
    private static readonly string[] Sources =
        ["packaging", "config", "docs", "Qga.Platform/Policy", "CHANGELOG.md", "Directory.Build.props", "LICENSE", "README.md"];

    [Trait("Speed", "Slow")]
    [SmallPackageFact("dpkg-deb", "rpmbuild", "checkmodule", "semodule_package", "mksquashfs", "jq", "readelf")]
    public void Two_builds_in_two_folders_give_the_same_bytes()
    {
        var first = Build("first", "022", []);
        var second = Build("a folder with a longer name", "077", new() { ["TZ"] = "Asia/Tokyo", ["HOME"] = "/nonexistent", ["LC_ALL"] = "C.UTF-8", ["USER"] = "somebody" });

        Assert.Equal(14, first.Count);
        Assert.Equal(first, second);
    }

    [Trait("Speed", "Slow")]
    [SmallPackageFact("dpkg-deb", "rpmbuild", "checkmodule", "semodule_package", "mksquashfs", "jq", "readelf")]
    public void Checksums_are_of_every_package()
    {
        var folder = packages.Scratch.PathOf("checked");
        var printed = SmallPackages.Succeeded(ProcessRun.Of(Repository.PathOf("packaging/build-packages"), [folder], packages.Environment));

        Assert.Equal(Directory.GetFiles(folder).Order(StringComparer.Ordinal), printed.TrimEnd().Split('\n').Order(StringComparer.Ordinal));
        var check = ProcessRun.Of("sh", ["-c", "cd \"$1\" && sha256sum --check --strict --quiet SHA256SUMS", "sh", folder]);
        Assert.Equal(new ProcessRun(0, "", ""), check);
        Assert.Equal(
            Directory.GetFiles(folder).Select(Path.GetFileName).Where(name => name != "SHA256SUMS").Order(StringComparer.Ordinal),
            File.ReadAllLines($"{folder}/SHA256SUMS").Select(line => line[66..]));
    }

    /// <summary>An assembly with the path of its sources has another name for each, which the native executable made of it has as well.</summary>
    [Fact]
    public void Assemblies_do_not_know_the_folder_that_they_were_built_in()
    {
        string[] assemblies = ["qga.dll", "Qga.Actors.dll", "Qga.Platform.dll", "Qga.Transport.dll"];
        Assert.All(assemblies, assembly =>
        {
            using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly)));
            var symbols = file.ReadDebugDirectory().Single(entry => entry.Type == DebugDirectoryEntryType.CodeView);
            Assert.StartsWith("/_/", file.ReadCodeViewDebugDirectoryData(symbols).Path, StringComparison.Ordinal);
        });
    }

    /// <summary>Packs everything in a copy of the sources that is made now.</summary>
    /// <returns>The checksums of the files, SHA256SUMS included, by name.</returns>
    private SortedDictionary<string, string> Build(string name, string umask, Dictionary<string, string?> environment)
    {
        var folder = packages.Scratch.PathOf(name);
        const string Script = """
            umask "$1"; from=$2; to=$3; shift 3
            mkdir -p "$to"; cd "$from"
            for source; do mkdir -p "$to/$(dirname "$source")"; cp -r "$source" "$to/$source"; done
            exec "$to/packaging/build-packages" "$to/made"
            """;
        _ = SmallPackages.Succeeded(ProcessRun.Of(
            "sh",
            ["-ec", Script, "sh", umask, Repository.Root, folder, .. Sources],
            new Dictionary<string, string?>([.. packages.Environment, .. environment]) { ["SOURCE_DATE_EPOCH"] = "1700000000" }));
        return new(Directory.GetFiles($"{folder}/made").ToDictionary(file => Path.GetFileName(file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))));
    }
}
