using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>What is in the Debian package.</summary>
[Trait("Speed", "Slow")]
public sealed class DebianPackageTests(BuiltPackage package) : IClassFixture<BuiltPackage>
{
    [PackagingFact]
    public void Everything_an_administrator_needs_is_at_its_place()
    {
        var content = ProcessRun.Of("dpkg-deb", ["-c", package.Path]).Output;
        string[] expected =
        [
            "-rwxr-xr-x root/root ./usr/sbin/qga",
            "lrwxrwxrwx root/root ./usr/sbin/qemu-ga -> qga",
            "-rw-r--r-- root/root ./usr/lib/systemd/system/qemu-guest-agent.service",
            "-rw-r--r-- root/root ./usr/lib/systemd/system/qemu-guest-agent-isa@.service",
            "-rw-r--r-- root/root ./usr/lib/systemd/system/qemu-guest-agent-vsock@.service",
            "-rw-r--r-- root/root ./usr/lib/systemd/system/qemu-guest-agent-unix.socket",
            "-rw-r--r-- root/root ./usr/lib/systemd/system/qemu-guest-agent-unix.service",
            "-rw-r--r-- root/root ./usr/lib/udev/rules.d/99-qemu-guest-agent.rules",
            "-rwxr-xr-x root/root ./usr/lib/qga/after-stop",
            "-rwxr-xr-x root/root ./usr/lib/qga/only-agent",
            "-rwxr-xr-x root/root ./usr/lib/qga/service",
            "-rwxr-xr-x root/root ./usr/share/qga/init/openrc/qemu-guest-agent",
            "-rwxr-xr-x root/root ./usr/share/qga/init/sysvinit/qemu-guest-agent",
            "-rwxr-xr-x root/root ./usr/lib/qga/update-config",
            "-rw-r--r-- root/root ./usr/share/qga/config/qemu-ga.conf",
            "-rwxr-xr-x root/root ./usr/share/qga/config/fsfreeze-hook",
            "-rwxr-xr-x root/root ./usr/share/qga/config/fsfreeze-hook.d/postgresql.sample",
            "-rw-r--r-- root/root ./usr/share/qga/policy/monitor.rules",
            "-rw-r--r-- root/root ./usr/share/qga/policy/backup.rules",
            "-rw-r--r-- root/root ./usr/share/qga/policy/provision.rules",
            "-rw-r--r-- root/root ./usr/share/qga/policy/full.rules",
            "-rw-r--r-- root/root ./usr/share/qga/logrotate/qga",
            "-rw-r--r-- root/root ./usr/share/qga/metrics/qga-metrics.service",
            "-rw-r--r-- root/root ./usr/share/qga/metrics/qga-metrics.timer",
            "-rw-r--r-- root/root ./usr/share/man/man8/qga.8.gz",
            "lrwxrwxrwx root/root ./usr/share/man/man8/qemu-ga.8.gz -> qga.8.gz",
            "-rw-r--r-- root/root ./usr/share/man/man5/qemu-ga.conf.5.gz",
            "-rw-r--r-- root/root ./usr/share/man/man5/qga-policy.5.gz",
            "-rw-r--r-- root/root ./usr/share/doc/qga/copyright",
            "-rw-r--r-- root/root ./usr/share/doc/qga/changelog.gz",
            "-rwxr-xr-x root/root ./usr/share/doc/qga/examples/qga.py",
        ];

        // Without size, day and time.
        var entries = content.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => string.Join(' ', [.. words[..2], .. words[5..]]))
            .ToList();

        Assert.All(expected, entry => Assert.Contains(entry, entries));

        // All else in /etc is made by update-config.
        Assert.Equal(
            ["-rwxr-xr-x root/root ./etc/init.d/qemu-guest-agent"],
            entries.Where(entry => entry.Contains(" ./etc/", StringComparison.Ordinal) && !entry.EndsWith('/')));
        Assert.Equal("/etc/init.d/qemu-guest-agent\n", File.ReadAllText($"{package.Tree}/DEBIAN/conffiles"));
    }

    [PackagingFact]
    public void Agent_is_packed_as_it_was_published() =>
        Assert.True(File.ReadAllBytes(PublishedAgent.Executable).AsSpan().SequenceEqual(File.ReadAllBytes($"{package.Tree}/usr/sbin/qga")));

    [PackagingFact]
    public void It_stands_in_for_qemu_guest_agent()
    {
        var version = ProcessRun.Of(PublishedAgent.Executable, ["--version"]).Output.Split(' ', '(', ')', '\n');

        Assert.Equal("qga", Field("Package"));
        Assert.Equal(version[6], Field("Version"));
        Assert.Equal($"qemu-guest-agent (= 1:{version[3]})", Field("Provides"));
        Assert.Equal("qemu-guest-agent", Field("Conflicts"));
        Assert.Equal("qemu-guest-agent", Field("Replaces"));
        Assert.Equal("", Field("Depends"));
    }

    [PackagingFact("lintian", "shellcheck", "man", "col", "systemd-analyze")]
    public void Nothing_is_wrong_with_it()
    {
        var check = ProcessRun.Of(Repository.PathOf("packaging/check"), [package.Path]);

        Assert.True(check.ExitCode == 0, check.Output + check.Error);
    }

    [PackagingFact("systemd-analyze")]
    public void Unit_with_a_mistake_is_named()
    {
        using var scratch = new ScratchDirectory();
        var tree = scratch.PathOf("tree");
        ProcessRun.Of("cp", ["-a", package.Tree, tree]);
        var unit = $"{tree}/usr/lib/systemd/system/qemu-guest-agent-vsock@.service";
        File.WriteAllText(unit, File.ReadAllText(unit).Replace("KillMode=process", "KilMode=process", StringComparison.Ordinal));

        var verify = ProcessRun.Of(Repository.PathOf("packaging/verify-units"), [tree]);

        Assert.NotEqual(0, verify.ExitCode);
        Assert.Contains("qemu-guest-agent-vsock@1234.service", verify.Error, StringComparison.Ordinal);
        Assert.Contains("Unknown key 'KilMode'", verify.Error, StringComparison.Ordinal);
    }

    [PackagingFact]
    public void Every_service_has_what_all_have_in_common()
    {
        var services = Directory.GetFiles($"{package.Tree}/usr/lib/systemd/system", "*.service");

        Assert.Equal(4, services.Length);
        Assert.All(services, service =>
        {
            var lines = File.ReadAllLines(service);
            Assert.Single(lines, line => line.StartsWith("ExecStart=/usr/sbin/qga", StringComparison.Ordinal));
            string[] common =
            [
                "Type=notify", "KillMode=process", "KillSignal=SIGUSR1", "Restart=always", "TasksMax=infinity",
                "ExecStopPost=/usr/lib/qga/after-stop %n",
            ];
            Assert.All(common, option => Assert.Single(lines, option));

            // A socket would start it again at once, and for ever.
            Assert.Equal(service.EndsWith("-unix.service", StringComparison.Ordinal) ? 0 : 1, lines.Count(line => line == "RestartPreventExitStatus=64 78"));
        });
    }

    private string Field(string name) => ProcessRun.Of("dpkg-deb", ["-f", package.Path, name]).Output.TrimEnd();
}
