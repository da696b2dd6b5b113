using PublicApiGenerator;
using Qga.Testing;

namespace Qga.Client.Tests.Package;

public class PublicApiTests
{
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,

        // It has the name that a compiler gives to what is no one's to see.
        ExcludeAttributes = ["System.Runtime.CompilerServices.AsyncIteratorStateMachineAttribute"],
    };

    /// <remarks>
    /// What is public is a promise: who changes it on purpose has this test write the page anew, by QGA_ACCEPT_API=1, and says so in CHANGELOG.md.
    /// </remarks>
    [Fact]
    public void Public_api_is_what_was_promised()
    {
        var page = Repository.PathOf("Qga.Client/PublicApi.txt");
        var api = typeof(GuestAgent).Assembly.GeneratePublicApi(Options) + "\n";
        if (Environment.GetEnvironmentVariable("QGA_ACCEPT_API") == "1")
            File.WriteAllText(page, api);

        Assert.Equal(File.ReadAllText(page), api);
    }
}
