using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>What is in the packages for rpm.</summary>
public sealed class RpmPackageTests(SmallPackages packages) : IClassFixture<SmallPackages>
{
    [SmallPackageTheory("rpm", "rpmbuild", "checkmodule", "semodule_package")]
    [InlineData("amd64", "x86_64")]
    [InlineData("arm64", "aarch64")]
    public void Package_is_one_that_every_rpm_since_that_of_RHEL_8_reads(string architecture, string machine)
    {
        var package = packages.Of("rpm", architecture);

        Assert.EndsWith($"/qga-{SmallPackages.Version}-1.{machine}.rpm", package, StringComparison.Ordinal);
        Assert.Equal($"{machine} linux xz 8", Query(package, "%{ARCH} %{OS} %{PAYLOADCOMPRESSOR} %{FILEDIGESTALGO}"));
    }

    [SmallPackageFact("rpm", "rpmbuild", "checkmodule", "semodule_package")]
    public void It_stands_in_for_qemu_guest_agent_and_needs_no_library()
    {
        var package = packages.Of("rpm", "amd64");

        Assert.Contains($"qemu-guest-agent = 2:{SmallPackages.Level}\n", SmallPackages.Run("rpm", "-qp", "--provides", package), StringComparison.Ordinal);
        Assert.Equal("qemu-guest-agent\n", SmallPackages.Run("rpm", "-qp", "--obsoletes", package));
        Assert.Equal("qemu-guest-agent\n", SmallPackages.Run("rpm", "-qp", "--conflicts", package));
        Assert.Equal(
            ["/bin/sh", "coreutils", "findutils", "gawk"],
            SmallPackages.Run("rpm", "-qp", "--requires", package).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(need => !need.StartsWith("rpmlib(", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal));
    }

    [SmallPackageFact("rpm", "rpmbuild", "checkmodule", "semodule_package")]
    public void Everything_an_administrator_needs_is_at_its_place()
    {
        var files = SmallPackages.Run("rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILEUSERNAME} %{FILENAMES}\\n]", packages.Of("rpm", "amd64")).Split('\n');
        string[] expected =
        [
            "-rwxr-xr-x root /usr/sbin/qga",
            "lrwxrwxrwx root /usr/bin/qemu-ga",
            "-rw-r--r-- root /usr/lib/systemd/system/qemu-guest-agent.service",
            "-rw-r--r-- root /usr/lib/systemd/system/qemu-guest-agent-unix.socket",
            "-rw-r--r-- root /usr/lib/udev/rules.d/99-qemu-guest-agent.rules",
            "-rwxr-xr-x root /usr/lib/qga/after-stop",
            "-rwxr-xr-x root /usr/lib/qga/update-config",
            "-rwxr-xr-x root /usr/lib/qga/with-sysconfig",
            "-rw-r--r-- root /usr/share/qga/config/qemu-ga.conf",
            "-rw-r--r-- root /usr/share/qga/selinux/qga.te",
            "-rw-r--r-- root /usr/share/qga/selinux/qga.fc",
            "-rw-r--r-- root /usr/share/qga/selinux/qga.pp",
            "-rw-r--r-- root /usr/share/licenses/qga/LICENSE",
            "-rw-r--r-- root /usr/share/man/man8/qga.8.gz",
            "drwx------ root /var/log/qga",
        ];

        Assert.All(expected, entry => Assert.Contains(entry, files));
        Assert.DoesNotContain(files, file => file.Contains(" /etc/", StringComparison.Ordinal));
    }

    [SmallPackageFact("rpmbuild", "checkmodule", "semodule_package", "rpm2cpio", "cpio", "rpmlint", "shellcheck", "systemd-analyze")]
    public void Nothing_is_wrong_with_it()
    {
        foreach (var architecture in (string[])["amd64", "arm64"])
            Assert.Equal(new ProcessRun(0, "", ""), ProcessRun.Of(Repository.PathOf("packaging/check-rpm"), [packages.Of("rpm", architecture)]));
    }

    [SmallPackageFact("rpmbuild", "checkmodule", "semodule_package", "rpm2cpio", "cpio")]
    public void Every_service_and_what_follows_it_have_the_options_of_sysconfig()
    {
        var services = Directory.GetFiles($"{Tree()}/usr/lib/systemd/system", "*.service");

        Assert.Equal(4, services.Length);
        Assert.All(services, service =>
        {
            var lines = File.ReadAllLines(service);
            Assert.Single(lines, "EnvironmentFile=-/etc/sysconfig/qemu-ga");
            Assert.Single(lines, line => line.StartsWith("ExecStart=/usr/lib/qga/with-sysconfig /usr/sbin/qga", StringComparison.Ordinal));
            Assert.Single(lines, "ExecStopPost=/usr/lib/qga/with-sysconfig /usr/lib/qga/after-stop %n");
        });
    }

    [Theory]
    [InlineData("", "-p /dev/x")]
    [InlineData("BLACKLIST_RPC=guest-exec,guest-file-open", "-p /dev/x --block-rpcs=guest-exec,guest-file-open")]
    [InlineData("BLACKLIST_RPC=,FSFREEZE_HOOK_PATHNAME=", "-p /dev/x")]
    [InlineData("FSFREEZE_HOOK_PATHNAME=/etc/qemu-ga/fsfreeze-hook", "-p /dev/x --fsfreeze-hook=/etc/qemu-ga/fsfreeze-hook")]
    [InlineData("FSFREEZE_HOOK_PATHNAME=/etc/a b", "-p /dev/x --fsfreeze-hook=/etc/a b")]
    [InlineData("FILTER_RPC_ARGS=--allow-rpcs=guest-ping,guest-info", "-p /dev/x --allow-rpcs=guest-ping,guest-info")]
    [InlineData("QEMU_GA_ARGS=-b guest-exec --verbose", "-p /dev/x -b guest-exec --verbose")]
    [InlineData("QEMU_GA_ARGS=-b *", "-p /dev/x -b *")]
    public void Variables_of_the_package_that_is_replaced_are_options(string assignment, string options)
    {
        var run = ProcessRun.Of(
            "env",
            ["-C", "/", .. assignment.Split(",FSF").Select((part, index) => index == 0 ? part : $"FSF{part}").Where(part => part.Length > 0),
                Repository.PathOf("packaging/rpm/with-sysconfig"), "sh", "-c", "IFS=' '; echo \"$*\"", "sh", "-p", "/dev/x"]);

        Assert.Equal(new ProcessRun(0, $"{options}\n", ""), run);
    }

    /// <summary>The module knows every executable of ours by the label that the domain of qemu-ga begins with.</summary>
    [SmallPackageFact("rpmbuild", "checkmodule", "semodule_package", "semodule_unpackage", "rpm2cpio", "cpio", "selabel_lookup")]
    public void Policy_for_SELinux_labels_what_is_installed()
    {
        var policy = $"{Tree()}/usr/share/qga/selinux";
        var (module, contexts) = (packages.Scratch.PathOf("module"), packages.Scratch.PathOf("contexts"));
        _ = SmallPackages.Run("semodule_unpackage", $"{policy}/qga.pp", module, contexts);
        Assert.Equal(File.ReadAllText($"{policy}/qga.fc"), File.ReadAllText(contexts));

        Dictionary<string, string> expected = new()
        {
            ["/usr/sbin/qga"] = "virt_qemu_ga_exec_t",
            ["/usr/lib/qga/after-stop"] = "virt_qemu_ga_exec_t",
            ["/usr/lib/qga/with-sysconfig"] = "virt_qemu_ga_exec_t",
            ["/etc/qemu/fsfreeze-hook"] = "bin_t",
            ["/etc/qemu/fsfreeze-hook.d/postgresql.sample"] = "virt_qemu_ga_unconfined_exec_t",
            ["/run/qga/1.sock"] = "virt_qemu_ga_var_run_t",
            ["/var/log/qga/audit.jsonl"] = "virt_qemu_ga_log_t",
        };
        Assert.All(expected, pair => Assert.Contains(
            $"system_u:object_r:{pair.Value}:s0", SmallPackages.Run("selabel_lookup", "-b", "file", "-f", contexts, "-t", "file", "-k", pair.Key), StringComparison.Ordinal));
    }

    private static string Query(string package, string format) => SmallPackages.Run("rpm", "-qp", "--qf", format, package);

    private string Tree()
    {
        var tree = packages.Scratch.PathOf("tree");
        _ = SmallPackages.Run("sh", "-ec", "mkdir -p \"$2\"; rpm2cpio \"$1\" | (cd \"$2\" && cpio --quiet -idu)", "sh", packages.Of("rpm", "amd64"), tree);
        return tree;
    }
}
