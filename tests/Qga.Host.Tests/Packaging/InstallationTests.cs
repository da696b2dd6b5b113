using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>The package, installed by dpkg into a folder in which nothing else is. Nobody could answer a question of dpkg's.</summary>
[Trait("Speed", "Slow")]
public sealed class InstallationTests : IClassFixture<BuiltPackage>, IDisposable
{
    private const string Configuration = "etc/qemu/qemu-ga.conf";
    private const string Hook = "etc/qemu/fsfreeze-hook";
    private const string Script = "etc/init.d/qemu-guest-agent";
    private const string Unit = "etc/systemd/system/qemu-guest-agent.service";

    private readonly BuiltPackage _package;
    private readonly ScratchDirectory _scratch = new();

    public InstallationTests(BuiltPackage package)
    {
        _package = package;
        Directory.CreateDirectory(PathOf("var/lib/dpkg/info"));
        Directory.CreateDirectory(PathOf("var/lib/dpkg/updates"));
        Directory.CreateDirectory(PathOf("etc/qemu"));
        _scratch.Write("var/lib/dpkg/status", "");
    }

    public void Dispose() => _scratch.Dispose();

    [PackagingFact("dpkg")]
    public void Configuration_and_hooks_are_installed_where_there_are_none()
    {
        Dpkg("-i", _package.Path);

        foreach (var file in new[] { "qemu-ga.conf", "fsfreeze-hook", "fsfreeze-hook.d/postgresql.sample", "fsfreeze-hook.d/mariadb.sample" })
            Assert.Equal(Read($"usr/share/qga/config/{file}"), Read($"etc/qemu/{file}"));
        Assert.True(File.GetUnixFileMode(PathOf(Hook)).HasFlag(UnixFileMode.UserExecute));
    }

    [PackagingFact("dpkg")]
    public void Directory_of_the_audit_is_roots_alone_and_goes_with_its_files_when_the_package_is_purged()
    {
        Dpkg("-i", _package.Path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(PathOf("var/log/qga")));
        _scratch.Write("var/log/qga/audit.jsonl.1", "");
        Dpkg("-P", "qga");
        Assert.False(Directory.Exists(PathOf("var/log/qga")));
    }

    [PackagingFact("dpkg")]
    public void What_somebody_has_written_is_kept_by_installation_upgrade_and_purge()
    {
        _scratch.Write(Configuration, "[general]\nverbose=true\n");
        _scratch.Write(Hook, "#!/bin/sh\n# mine\n");

        Dpkg("-i", _package.Path);
        Dpkg("-i", _package.WithLine("1000.1", "usr/share/qga/config/qemu-ga.conf", "# new"));
        Dpkg("-P", "qga");

        Assert.Equal("[general]\nverbose=true\n", Read(Configuration));
        Assert.Equal("#!/bin/sh\n# mine\n", Read(Hook));
    }

    [PackagingFact("dpkg")]
    public void Upgrade_brings_what_nobody_has_changed_up_to_date()
    {
        Dpkg("-i", _package.Path);
        File.AppendAllText(PathOf(Configuration), "# mine\n");

        Dpkg("-i", _package.WithLine("1000.2", "usr/share/qga/config/fsfreeze-hook", "# new"));

        Assert.EndsWith("# new\n", Read(Hook), StringComparison.Ordinal);
        Assert.EndsWith("# mine\n", Read(Configuration), StringComparison.Ordinal);
    }

    [PackagingFact("dpkg")]
    public void What_the_administrator_has_deleted_stays_away()
    {
        Dpkg("-i", _package.Path);
        File.Delete(PathOf(Hook));

        Dpkg("-i", _package.WithLine("1000.3", "usr/share/qga/config/fsfreeze-hook", "# new"));

        Assert.False(File.Exists(PathOf(Hook)));
    }

    [PackagingFact("dpkg")]
    public void Removal_keeps_what_was_changed_and_purge_leaves_nothing()
    {
        Dpkg("-i", _package.Path);
        File.AppendAllText(PathOf(Configuration), "# mine\n");

        Dpkg("-r", "qga");

        Assert.Equal([PathOf(Configuration)], Directory.GetFiles(PathOf("etc/qemu"), "*", SearchOption.AllDirectories));

        Dpkg("-P", "qga");

        Assert.Empty(Directory.GetFiles(PathOf("etc"), "*", SearchOption.AllDirectories));
        Assert.False(Directory.Exists(PathOf("etc/qemu")));
        Assert.False(Directory.Exists(PathOf("var/lib/qga")));
        Assert.Equal("", Read("var/lib/dpkg/diversions"));
    }

    [PackagingFact("dpkg")]
    public void Hook_survives_the_purge_of_a_package_that_knew_it()
    {
        InstallOther(Hook);
        File.AppendAllText(PathOf(Hook), "# mine\n");

        Dpkg("-i", _package.Path);
        Dpkg("-P", "qemu-guest-agent");

        Assert.Equal("#!/bin/sh\n# as shipped\n# mine\n", Read(Hook));
    }

    [PackagingFact("dpkg", "update-rc.d")]
    public void Init_script_takes_the_place_of_that_of_a_package_that_is_gone()
    {
        InstallOther(Script, Hook);

        // As that package leaves it when it is removed.
        Dpkg("-r", "qemu-guest-agent");
        File.SetUnixFileMode(PathOf(Script), UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Dpkg("-i", _package.Path);

        Assert.Equal(File.ReadAllText(Repository.PathOf("config/init.d/qemu-guest-agent")), Read(Script));
        Assert.True(File.GetUnixFileMode(PathOf(Script)).HasFlag(UnixFileMode.UserExecute));
        Assert.False(File.Exists(PathOf($"{Script}.dpkg-old")));
        Assert.Single(Directory.GetFiles(PathOf("etc/rc2.d"), "S??qemu-guest-agent"));
        Assert.Single(Directory.GetFiles(PathOf("etc/rc0.d"), "K??qemu-guest-agent"));

        // That takes away all links of its name.
        Dpkg("-P", "qemu-guest-agent");

        Assert.Equal(File.ReadAllText(Repository.PathOf("config/init.d/qemu-guest-agent")), Read(Script));
        Assert.Single(Directory.GetFiles(PathOf("etc/rc2.d"), "S??qemu-guest-agent"));
    }

    [PackagingFact("dpkg", "update-rc.d")]
    public void Init_script_that_was_changed_is_kept_beside_ours()
    {
        InstallOther(Script);
        File.AppendAllText(PathOf(Script), "# mine\n");

        Dpkg("-i", _package.Path);

        Assert.Equal(File.ReadAllText(Repository.PathOf("config/init.d/qemu-guest-agent")), Read(Script));
        Assert.Equal("#!/bin/sh\n# as shipped\n# mine\n", Read($"{Script}.dpkg-old"));

        // Ours is a conffile: what is changed in it stays over an upgrade, and a removal.
        File.AppendAllText(PathOf(Script), "# mine\n");
        Dpkg("-i", _package.WithLine("1000.4", "usr/share/qga/config/qemu-ga.conf", "# new"));
        Dpkg("-r", "qga");
        Dpkg("-i", _package.Path);
        Assert.EndsWith("# mine\n", Read(Script), StringComparison.Ordinal);
        Dpkg("-P", "qga");
        Assert.False(File.Exists(PathOf(Script)));
    }

    [PackagingFact("dpkg", "deb-systemd-helper")]
    public void Mask_that_a_removed_package_has_left_is_taken_away()
    {
        var mask = ProcessRun.Of("deb-systemd-helper", ["mask", "qemu-guest-agent.service"], new Dictionary<string, string?>
        {
            ["DPKG_ROOT"] = _scratch.Root,
            ["DPKG_MAINTSCRIPT_PACKAGE"] = "qemu-guest-agent",
        });
        Assert.True(mask.ExitCode == 0, mask.Error);
        Assert.Equal("/dev/null", new FileInfo(PathOf(Unit)).LinkTarget);

        Dpkg("-i", _package.Path);

        Assert.Null(new FileInfo(PathOf(Unit)).LinkTarget);
    }

    [PackagingFact("dpkg")]
    public void Mask_of_the_administrator_stays()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(Unit))!);
        File.CreateSymbolicLink(PathOf(Unit), "/dev/null");

        Dpkg("-i", _package.Path);

        Assert.Equal("/dev/null", new FileInfo(PathOf(Unit)).LinkTarget);
    }

    /// <summary>Installs a package as qemu-guest-agent is: with conffiles that stay when it is removed, and go when it is purged.</summary>
    private void InstallOther(params string[] conffiles)
    {
        var old = _scratch.PathOf("old");
        foreach (var conffile in conffiles)
            _scratch.WriteProgram($"old/{conffile}", "#!/bin/sh\n# as shipped\n");
        _scratch.WriteProgram(
            "old/DEBIAN/postrm", "#!/bin/sh\n[ $1 != purge ] || ! command -v update-rc.d > /dev/null || update-rc.d qemu-guest-agent remove\n");
        File.WriteAllLines($"{old}/DEBIAN/conffiles", conffiles.Select(conffile => $"/{conffile}"));
        File.WriteAllText($"{old}/DEBIAN/control", """
            Package: qemu-guest-agent
            Version: 1:7.2
            Architecture: all
            Maintainer: Nobody <nobody@qga.invalid>
            Description: another agent

            """);
        ProcessRun.Of("dpkg-deb", ["--root-owner-group", "-Znone", "--build", old, $"{old}.deb"]);
        Dpkg("-i", $"{old}.deb");
    }

    private string PathOf(string name) => _scratch.PathOf(name);

    private string Read(string name) => File.ReadAllText(PathOf(name));

    /// <summary>Runs dpkg with the folder as its root, and the maintainer scripts with DPKG_ROOT.</summary>
    private void Dpkg(params string[] arguments)
    {
        string[] options =
        [
            $"--root={_scratch.Root}", $"--log={_scratch.PathOf("log")}", "--force-script-chrootless", "--force-not-root", "--force-depends",
        ];
        var run = ProcessRun.Of("sh", ["-c", "exec dpkg \"$@\" < /dev/null", "dpkg", .. options, .. arguments]);
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
    }
}
