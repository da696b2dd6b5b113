namespace Qga.Actors.Tests.Identity;

public sealed class GuestGetOsinfoTests : AgentFixture
{
    [Fact]
    public void Kernel_is_told_alone_where_the_distribution_is_unknown() => Assert.Equal(
        """{"return": {"kernel-release": "6.1.0", "kernel-version": "#1 SMP", "machine": "x86_64"}}""",
        Ask(StartAgent(), "guest-get-osinfo"));

    [Fact]
    public void Every_field_has_its_member_even_if_it_is_empty()
    {
        Identity.OperatingSystem = Identity.OperatingSystem with
        {
            Id = "fedora",
            Name = "Fedora Linux",
            PrettyName = "Fedora Linux 42 (Server)",
            Version = "42 (Server)",
            VersionId = "42",
            Variant = "Server",
            VariantId = "",
        };

        Assert.Equal(
            """
            {"return": {"kernel-release": "6.1.0", "kernel-version": "#1 SMP", "machine": "x86_64", "id": "fedora", "name": "Fedora Linux", "pretty-name": "Fedora Linux 42 (Server)", "version": "42 (Server)", "version-id": "42", "variant": "Server", "variant-id": ""}}
            """.Trim(),
            Ask(StartAgent(), "guest-get-osinfo"));
    }
}
