using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>Mount points by the names that hosts know them by.</summary>
public sealed class MountPointNameTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private readonly List<(FreezeLabVolume Volume, string Path)> _renamed = [];

    public override void Dispose()
    {
        Lab.Reset();
        foreach (var (volume, path) in _renamed)
            Lab.Run($"path=\"$(printf '{path}')\" && mount --bind \"$path\" {volume.MountPoint} && umount -l \"$path\"");
        base.Dispose();
    }

    /// <remarks>What is told is in JSON; paths are as printf(1) takes them.</remarks>
    [FreezeLabTheory]
    [InlineData("/mnt/caf\\351", "/mnt/caf\\uFFFD")]
    [InlineData("/mnt/\\342\\202 \\377", "/mnt/\\uFFFD \\uFFFD")]
    [InlineData("/mnt/a b\\\\040\\012\\011c", "/mnt/a b\\\\040\\n\\tc")]
    [InlineData("/mnt/\\\\040(deleted)", "/mnt/\\\\040(deleted)")]
    [InlineData("/mnt/caf\\303\\251", "/mnt/caf\\u00E9")]
    public void Name_that_was_told_leads_back_to_its_mount_point(string path, string told)
    {
        var volume = MountAt(path);
        using var client = Start("").Connect();

        Assert.Contains(
            $"\"name\": \"{volume.Device}\", \"mountpoint\": \"{told}\"", client.Ask(Qmp.Request("guest-get-fsinfo")), StringComparison.Ordinal);
        Assert.Contains($$"""{"path": "{{told}}", "trimmed": """, client.Ask(Qmp.Request("guest-fstrim")), StringComparison.Ordinal);
        AssertReturns(1, client.Ask($$$"""{"execute":"guest-fsfreeze-freeze-list","arguments":{"mountpoints":["{{{told}}}"]}}"""));
        Assert.Equal([volume.MountPoint], Frozen);
        AssertReturns(1, client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Mount_points_that_look_the_same_are_told_apart()
    {
        var first = MountAt("/mnt/caf\\351");
        var second = MountAt("/mnt/caf\\350");
        using var client = Start("").Connect();

        foreach (var (volume, told) in new[] { (first, "/mnt/caf\\xe9"), (second, "/mnt/caf\\xe8") })
        {
            Assert.Equal(told, NameOf(volume, client));
            AssertReturns(1, client.Ask(Qmp.FreezeList(told)));
            Assert.Equal([volume.MountPoint], Frozen);
            AssertReturns(1, client.Ask(Qmp.Thaw));
        }

        Assert.Equal(
            "failed to freeze: mount point /mnt/caf\uFFFD may be any of /mnt/caf\\xe9, /mnt/caf\\xe8",
            Qmp.Error(client.Ask("""{"execute":"guest-fsfreeze-freeze-list","arguments":{"mountpoints":["/mnt/xfs","/mnt/caf\uFFFD"]}}""")));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Name_that_was_told_can_be_excluded()
    {
        MountAt("/mnt/caf\\351");
        using var client = Start("fsfreeze-exclude=/mnt/caf\uFFFD").Connect();

        AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Freeze));
        AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabTheory]
    [InlineData("\"/nowhere\"", "/nowhere is not frozen: no filesystem on a block device goes by this mount point")]
    [InlineData("\"/proc\"", "/proc is not frozen: no filesystem on a block device goes by this mount point")]
    [InlineData("\"/mnt/bound\"", "/mnt/bound is not frozen: no filesystem on a block device goes by this mount point")]
    [InlineData("\"/mnt/xfs/\",\"/mnt/xfs/\"", "/mnt/xfs/ is not frozen: no filesystem on a block device goes by this mount point")]
    [InlineData("\"\"", " is not frozen: no filesystem on a block device goes by this mount point")]
    [InlineData("\"/a\\n1\"", "/a\\n1 is not frozen: no filesystem on a block device goes by this mount point")]
    [InlineData("\"/mnt/ext4/inner\"", "/mnt/ext4/inner is not frozen: fsfreeze-exclude keeps it out")]
    [InlineData("\"/mnt/squashfs\"", "/mnt/squashfs is not frozen: it can't be, or is so already by somebody else")]
    [InlineData("", "nothing is frozen: the list of mount points is empty")]
    public void Name_that_nothing_is_frozen_for_is_warned_of_once(string names, string warning)
    {
        using var client = Start("fsfreeze-exclude=/mnt/ext4/inner").Connect();

        AssertReturns(0, client.Ask($$$"""{"execute":"guest-fsfreeze-freeze-list","arguments":{"mountpoints":[{{{names}}}]}}"""));

        Eventually.True(() => TextOf(Log).Contains($": warning: {warning}\n", StringComparison.Ordinal));
        Assert.Single(TextOf(Log).Split('\n'), line => line.Contains("frozen: ", StringComparison.Ordinal));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Freeze_of_everything_warns_of_nothing()
    {
        using var client = Start("fsfreeze-exclude=/mnt/ext4/inner").Connect();

        AssertFreezesAndThaws(client, Freezable.Count() - 1);
        client.Ask(Qmp.FreezeList("/nowhere"));

        Eventually.True(() => TextOf(Log).Contains("/nowhere is not frozen", StringComparison.Ordinal));
        Assert.Single(TextOf(Log).Split('\n'), line => line.Contains("frozen: ", StringComparison.Ordinal));
    }

    private static void AssertFreezesAndThaws(QmpClient client, int count)
    {
        AssertReturns(count, client.Ask(Qmp.Freeze));
        AssertReturns(count, client.Ask(Qmp.Thaw));
    }

    private static string? NameOf(FreezeLabVolume volume, QmpClient client) =>
        (string?)Qmp.Return(client.Ask(Qmp.Request("guest-get-fsinfo"))).Single(entry => (string?)entry["name"] == volume.Device)["mountpoint"];

    /// <summary>Mounts a volume where .NET can't name it; what it was mounted at first stays its name here.</summary>
    private FreezeLabVolume MountAt(string path)
    {
        var volume = Lab.Mount("ext4", $"/mnt/named{_renamed.Count}");
        Lab.Run($"path=\"$(printf '{path}')\" && mkdir -p \"$path\" && mount --bind {volume.MountPoint} \"$path\" && umount -l {volume.MountPoint}");
        _renamed.Add((volume, path));
        return volume;
    }
}
