using Qga.Testing;

namespace Qga.Host.Tests.Packaging;

/// <summary>The image for systemd-sysext, merged into the /usr of a folder in namespaces of their own.</summary>
public sealed class SystemExtensionTests(SmallPackages packages) : IClassFixture<SmallPackages>
{
    /// <summary>systemd-sysext mounts below /run, in a namespace from which what it merges has to come out.</summary>
    private const string Prologue = """
        root=$1; shift
        mount -t tmpfs run /run
        mount --make-rshared /
        mkdir -p "$root/usr/lib" "$root/etc" "$root/run" "$root/var/lib/extensions"
        printf 'ID=immutable\nVERSION_ID=1\n' > "$root/usr/lib/os-release"
        mount -t tmpfs run "$root/run"
        sysext() { systemd-sysext --root="$root" "$1" 2> /run/said || { cat /run/said; exit 1; }; }

        """;

    [SmallPackageTheory("mksquashfs", "unsquashfs")]
    [InlineData("amd64", "x86-64")]
    [InlineData("arm64", "arm64")]
    public void Image_says_for_what_it_is(string architecture, string name)
    {
        var image = packages.Of("sysext", architecture);

        Assert.EndsWith($"/qga-{SmallPackages.Version}-{name}.raw", image, StringComparison.Ordinal);
        Assert.Equal(
            $"ID=_any\nARCHITECTURE={name}\nEXTENSION_RELOAD_MANAGER=1\n",
            SmallPackages.Run("unsquashfs", "-cat", image, "usr/lib/extension-release.d/extension-release.qga"));
    }

    [SmallPackageFact("mksquashfs", "unsquashfs")]
    public void All_of_it_is_below_usr_and_of_root()
    {
        var entries = SmallPackages.Run("unsquashfs", "-lln", packages.Of("sysext", "amd64")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Contains(entries, entry => entry.EndsWith(" squashfs-root/usr/sbin/qga", StringComparison.Ordinal));
        Assert.All(entries.Where(entry => !entry.EndsWith(" squashfs-root", StringComparison.Ordinal)), entry =>
        {
            Assert.Contains(" squashfs-root/usr", entry, StringComparison.Ordinal);
            Assert.Contains(" 0/0 ", entry, StringComparison.Ordinal);
        });
    }

    [SmallPackageFact("mksquashfs", "unsquashfs", "systemd-analyze")]
    public void Its_units_are_in_order()
    {
        var tree = packages.Scratch.PathOf("units");
        _ = SmallPackages.Run("unsquashfs", "-q", "-n", "-d", tree, packages.Of("sysext", "amd64"));

        Assert.Equal(new ProcessRun(0, "", ""), ProcessRun.Of(Repository.PathOf("packaging/verify-units"), [tree]));
        Assert.Equal("[Unit]\nUpholds=qga-port.service\n", Grep(tree, "multi-user.target.d/10-qga.conf"));
        Assert.Contains("ExecStart=/usr/bin/udevadm trigger", File.ReadAllText($"{tree}/usr/lib/systemd/system/qga-port.service"), StringComparison.Ordinal);
    }

    [MergingFact]
    public void It_is_merged_refreshed_and_unmerged()
    {
        var output = Run(
            """
            cp "$1" "$root/var/lib/extensions/qga.raw"
            echo '# mine' > "$root/etc/qemu-ga.conf"
            sysext merge
            "$root/usr/sbin/qemu-ga"
            sysext refresh
            "$root/usr/sbin/qga"
            cat "$root/usr/lib/os-release" "$root/etc/qemu-ga.conf"
            sysext unmerge
            ls "$root/usr"
            """,
            packages.Of("sysext", "amd64"));

        var version = $"QEMU Guest Agent {SmallPackages.Level} (qga {SmallPackages.Version})\n";
        Assert.Equal($"{version}{version}ID=immutable\nVERSION_ID=1\n# mine\nlib\n", output);
    }

    [MergingFact]
    public void Image_of_another_architecture_is_not_merged() => Assert.Equal(
        "lib\n",
        Run("cp \"$1\" \"$root/var/lib/extensions/qga.raw\"\nsysext merge\nls \"$root/usr\"\n", packages.Of("sysext", "arm64")));

    private static string Grep(string tree, string unit) =>
        string.Concat(File.ReadAllLines($"{tree}/usr/lib/systemd/system/{unit}").Where(line => !line.StartsWith('#')).Select(line => $"{line}\n"));

    private string Run(string script, string image)
    {
        var run = Merging(packages.Scratch, script, image);
        return run.ExitCode == 0 ? run.Output : throw new InvalidOperationException($"{run}");
    }

    private static ProcessRun Merging(ScratchDirectory scratch, string script, string image) => ProcessRun.Of(
        "unshare", ["--mount", "sh", "-e", "-c", Prologue + script, "sh", scratch.PathOf($"root-{Guid.NewGuid():N}"), image]);

    /// <summary>A test that merges images, skipped with the reason where systemd-sysext can't.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class MergingFactAttribute : Xunit.FactAttribute
    {
        private static readonly Lazy<string?> Reason = new(Try);

        public MergingFactAttribute() => Skip = Reason.Value;

        private static string? Try()
        {
            if (SmallPackageFactAttribute.ReasonFor(["mksquashfs", "unshare", "systemd-sysext"]) is { } missing)
                return missing;
            if (!Environment.IsPrivilegedProcess)
                return "only root may do this";

            using var scratch = new ScratchDirectory();
            Directory.CreateDirectory(scratch.PathOf("tree/usr/lib/extension-release.d"));
            scratch.Write("tree/usr/lib/extension-release.d/extension-release.try", "ID=_any\n");
            var image = scratch.PathOf("try.raw");
            _ = SmallPackages.Run("mksquashfs", scratch.PathOf("tree"), image, "-quiet", "-no-progress");
            var run = Merging(scratch, "cp \"$1\" \"$root/var/lib/extensions/try.raw\"\nsysext merge\nls \"$root/usr/lib/extension-release.d\"\n", image);
            return run.ExitCode == 0 ? null : $"systemd-sysext can merge nothing here: {run.Output.Trim()} {run.Error.Trim()}";
        }
    }
}
