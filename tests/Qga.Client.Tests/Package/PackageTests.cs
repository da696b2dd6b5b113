using System.IO.Compression;
using System.Xml.Linq;
using Qga.Testing;

namespace Qga.Client.Tests.Package;

/// <summary>The package is whole, and stands alone.</summary>
public sealed class PackageTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    [Trait("Speed", "Slow")]
    public void Package_has_what_a_feed_shows_and_a_user_needs()
    {
        var run = ProcessRun.Of("dotnet", ["pack", Repository.PathOf("Qga.Client"), "-c", Configuration, "--no-build", "-o", _scratch.Root, "-v", "q", "-nologo"]);
        Assert.True(run.ExitCode == 0, run.Output);
        using var package = ZipFile.OpenRead(Directory.GetFiles(_scratch.Root, "*.nupkg").Single());
        using var symbols = ZipFile.OpenRead(Directory.GetFiles(_scratch.Root, "*.snupkg").Single());
        using var specification = package.GetEntry("Qga.Client.nuspec")!.Open();
        var metadata = XDocument.Load(specification).Root!.Elements().First();
        string? Of(string name) => (string?)metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name);

        Assert.Equal(("Qga.Client", "MIT", "README.md"), (Of("id"), Of("license"), Of("readme")));
        Assert.All(new[] { "version", "authors", "description", "tags" }, name => Assert.False(string.IsNullOrWhiteSpace(Of(name)), name));
        Assert.Equal(["Newtonsoft.Json"], metadata.Descendants().Where(element => element.Name.LocalName == "dependency").Select(dependency => (string?)dependency.Attribute("id")));
        Assert.Subset(package.Entries.Select(entry => entry.FullName).ToHashSet(), new HashSet<string> { "README.md", "lib/net10.0/Qga.Client.dll", "lib/net10.0/Qga.Client.xml" });
        Assert.Contains(symbols.Entries, entry => entry.FullName == "lib/net10.0/Qga.Client.pdb");
    }

    [Fact]
    public void Library_refers_to_nobody_but_its_json()
    {
        var references = typeof(GuestAgent).Assembly.GetReferencedAssemblies().Select(reference => reference.Name!);
        Assert.Equal(["Newtonsoft.Json"], references.Where(name => name.Split('.')[0] is not ("System" or "Microsoft")));
    }

    private static string Configuration { get; } = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";
}
