using System.Runtime.InteropServices;
using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>What the forms of packages call an architecture, and that an executable is packed for its own alone.</summary>
public sealed class ArchitectureTests(SmallPackages packages) : IClassFixture<SmallPackages>
{
    [Theory]
    [InlineData("amd64", "amd64", "x86_64", "x86-64")]
    [InlineData("x86_64", "amd64", "x86_64", "x86-64")]
    [InlineData("x86-64", "amd64", "x86_64", "x86-64")]
    [InlineData("arm64", "arm64", "aarch64", "arm64")]
    [InlineData("aarch64", "arm64", "aarch64", "arm64")]
    public void It_is_known_by_each_of_its_names(string name, string debian, string machine, string systemd) =>
        Assert.Equal([debian, machine, systemd], ((string[])["debian", "machine", "systemd"]).Select(whose => NameOf(name, whose).Output.TrimEnd()));

    [Theory]
    [InlineData("s390x")]
    [InlineData("i386")]
    [InlineData("armhf")]
    public void One_that_the_agent_is_not_made_for_is_named(string name)
    {
        var run = NameOf(name, "debian");

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains($"{name} is none that the agent is made for", run.Error, StringComparison.Ordinal);
    }

    [SmallPackageFact]
    public void Program_tells_its_own()
    {
        Assert.Equal("amd64\n", NameOf(packages.Environment["QGA_BINARY"]!, "debian").Output);
        Assert.Equal("arm64\n", NameOf(packages.Environment["QGA_BINARY_ARM64"]!, "debian").Output);
    }

    [SmallPackageTheory("dpkg-deb", "rpmbuild", "checkmodule", "semodule_package", "mksquashfs", "jq")]
    [InlineData("deb")]
    [InlineData("rpm")]
    [InlineData("tarball")]
    [InlineData("sysext")]
    [InlineData("oci")]
    [InlineData("ctl")]
    public void Executable_for_another_is_not_packed(string form)
    {
        var (one, other) = form == "ctl" ? ("QGACTL_BINARY", "QGACTL_BINARY_ARM64") : ("QGA_BINARY", "QGA_BINARY_ARM64");
        Dictionary<string, string?> exchanged = new() { [one] = packages.Environment[other], [other] = packages.Environment[one] };

        foreach (var architecture in (string[])["amd64", "arm64"])
        {
            var run = ProcessRun.Of(Repository.PathOf($"packaging/build-{form}"), [packages.Scratch.PathOf("wrong"), architecture], exchanged);

            Assert.NotEqual(0, run.ExitCode);
            Assert.Contains($" is not for {architecture}", run.Error, StringComparison.Ordinal);
        }
    }

    [SmallPackageTheory("dpkg-deb", "readelf")]
    [InlineData("deb", "amd64")]
    [InlineData("deb", "arm64")]
    [InlineData("ctl", "amd64")]
    [InlineData("ctl", "arm64")]
    public void Debian_package_says_for_which_it_is(string form, string architecture)
    {
        var package = packages.Of(form, architecture).Split('\n')[0];

        Assert.EndsWith($"_{SmallPackages.Version}_{architecture}.deb", package, StringComparison.Ordinal);
        Assert.Equal($"{architecture}\n", SmallPackages.Run("dpkg-deb", "-f", package, "Architecture"));
        Assert.Equal("\n", SmallPackages.Run("dpkg-deb", "-f", package, "Depends"));
    }

    /// <summary>In a copy of the machine's files, should it install anything all the same.</summary>
    [OverlayFact("scdoc", "tar", SmallPackages.Compiler, SmallPackages.CompilerForArm64)]
    public void Archive_for_another_machine_installs_nothing()
    {
        var other = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "x86_64" : "aarch64";
        var run = OverlayFactAttribute.Run(packages.Scratch, $"tar -C /run -xzf {packages.Of("tarball", other)} && /run/qga-*/install");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($" not for Linux {(other == "aarch64" ? "x86_64" : "aarch64")}", run.Error, StringComparison.Ordinal);
    }

    private static ProcessRun NameOf(string name, string whose) => ProcessRun.Of(Repository.PathOf("packaging/architecture"), [name, whose]);
}
