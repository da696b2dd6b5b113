using Newtonsoft.Json.Linq;

namespace Qga.Host.Tests.Packaging;

/// <summary>The archive of an OCI image layout, as the tools for such images read it.</summary>
public sealed class OciImageTests(SmallPackages packages) : IClassFixture<SmallPackages>
{
    private string Both => packages.Of("oci", "amd64", "arm64");

    [SmallPackageFact("jq", "skopeo")]
    public void There_is_an_image_for_each_architecture()
    {
        var index = JObject.Parse(SmallPackages.Run("skopeo", "inspect", "--raw", $"oci-archive:{Both}:{SmallPackages.Version}"));

        Assert.Equal("application/vnd.oci.image.index.v1+json", index["mediaType"]);
        Assert.Equal(["linux/amd64", "linux/arm64"], index["manifests"]!.Select(manifest => $"{manifest["platform"]!["os"]}/{manifest["platform"]!["architecture"]}"));
    }

    [SmallPackageTheory("jq", "skopeo")]
    [InlineData("amd64")]
    [InlineData("arm64")]
    public void Image_says_what_is_in_it_and_what_is_started(string architecture)
    {
        var config = JObject.Parse(SmallPackages.Run("skopeo", "--override-arch", architecture, "inspect", "--config", $"oci-archive:{Both}"));

        Assert.Equal(architecture, config["architecture"]);
        Assert.Equal("linux", config["os"]);
        Assert.Equal("/qga", Assert.Single(config["config"]!["Entrypoint"]!));
        Assert.Equal(SmallPackages.Version, config["config"]!["Labels"]!["org.opencontainers.image.version"]);
        Assert.Equal("qga", config["config"]!["Labels"]!["org.opencontainers.image.title"]);
    }

    /// <summary>Copied as a registry would take it, with every digest and size compared, and unpacked as a runtime would.</summary>
    [SmallPackageTheory("jq", "skopeo", "umoci")]
    [InlineData("amd64")]
    [InlineData("arm64")]
    public void Unpacked_it_has_the_agent_of_its_architecture(string architecture)
    {
        var (layout, bundle) = (packages.Scratch.PathOf($"layout-{architecture}"), packages.Scratch.PathOf($"bundle-{architecture}"));
        _ = SmallPackages.Run("skopeo", "--insecure-policy", "--override-arch", architecture, "copy", "--quiet", $"oci-archive:{Both}", $"oci:{layout}:try");
        _ = SmallPackages.Run("umoci", "unpack", "--rootless", "--image", $"{layout}:try", bundle);

        var agent = File.ReadAllBytes(packages.Environment[architecture == "arm64" ? "QGA_BINARY_ARM64" : "QGA_BINARY"]!);
        Assert.Equal(agent, File.ReadAllBytes($"{bundle}/rootfs/qga"));
        Assert.Equal(agent, File.ReadAllBytes($"{bundle}/rootfs/usr/sbin/qga"));
        Assert.True(File.Exists($"{bundle}/rootfs/usr/lib/systemd/system/qemu-guest-agent.service"));
        Assert.Equal("/qga", JObject.Parse(File.ReadAllText($"{bundle}/config.json"))["process"]!["args"]![0]);
    }
}
