using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>Filesystems that others are mounted over: what a path leads to is frozen, and what none leads to is named.</summary>
public sealed class HiddenMountTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private const string First = "/mnt/up/first";

    private static readonly string FsInfo = Qmp.Request("guest-get-fsinfo");
    private static readonly string Trim = Qmp.Request("guest-fstrim");

    private readonly List<string> _places = [];

    public override void Dispose()
    {
        Lab.Reset();
        foreach (var place in Enumerable.Reverse(_places))
            Lab.Run($"umount -l {place}");
        base.Dispose();
    }

    [FreezeLabTheory]
    [InlineData("ext4", $"{First} /mnt/other", "tmpfs /mnt/up/first")]
    [InlineData("ext4", $"{First} /mnt/other", "tmpfs /mnt/up")]
    [InlineData("ext4", $"{First} /mnt/other", "/mnt/xfs /mnt/up/first")]
    [InlineData("ext4", $"{First}/directory /mnt/other", "tmpfs /mnt/up/first")]
    [InlineData("ext4", $"{First}/file /mnt/other-file", "tmpfs /mnt/up/first")]
    [InlineData("ext4", $"{First} /mnt/up/first", "tmpfs /mnt/other")]
    [InlineData("ext4", $"{First} /mnt/up/second", $"{First} /mnt/other", "tmpfs /mnt/up")]
    [InlineData("btrfs", $"{First} /mnt/other", "tmpfs /mnt/up/first")]
    [InlineData("btrfs", $"{First}/directory /mnt/other", "/mnt/btrfs /mnt/up/first")]
    public void Filesystem_is_reached_by_any_of_its_mount_points(string type, params string[] mounts)
    {
        if (!FreezeLab.Supports(type))
            return;
        var volume = Lab.Mount(type, First);
        Lab.Run($"mkdir -p {First}/directory /mnt/other /mnt/up/second && touch {First}/file /mnt/other-file");
        using var client = Start("").Connect();
        var before = Sizes(client, volume);

        foreach (var mount in mounts)
            Cover(mount);

        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        Assert.Equal(Freezable, Frozen);
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertReturns(1, client.Ask(Qmp.FreezeList(First)));
        Assert.Equal([First], Frozen);
        AssertReturns(1, client.Ask(Qmp.Thaw));
        Assert.Equal(before, Sizes(client, volume));
        Assert.Null(PathsOf(client.Ask(Trim)).Single(path => (string?)path["path"] == First)["error"]);
        Assert.DoesNotContain("unreachable", TextOf(Log), StringComparison.Ordinal);
        AssertThawed();
    }

    [FreezeLabTheory]
    [InlineData("tmpfs /mnt/up", "another filesystem is mounted over it")]
    [InlineData($"tmpfs {First}", "another filesystem is mounted over it")]
    [InlineData($"/mnt/btrfs {First}", "another filesystem is mounted over it")]
    [InlineData("/mnt/hung /mnt/up", "another filesystem is mounted over it")]
    public void Filesystem_that_no_path_leads_to_is_left_out_by_name(string cover, string reason)
    {
        var volume = Lab.Mount("ext4", First);
        var daemon = cover.StartsWith("/mnt/hung ", StringComparison.Ordinal) ? MountBindfs("/mnt/hung") : null;
        Cover(cover);
        daemon?.Send(Signal.Stop);
        using var client = Start("").Connect();

        AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Freeze));
        Assert.Equal(Freezable.Except([First]), Frozen);
        AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Thaw));
        var name = $"{First} (ext4 on /dev/{volume.Device}, {NumberOf(volume)}) is unreachable and not frozen";
        Eventually.True(() => TextOf(Log).Contains($": warning: {name}: {reason}\n", StringComparison.Ordinal));

        // Asked for by name, it is missed.
        Assert.StartsWith($"failed to open {First}: {reason}", Qmp.Error(client.Ask(Qmp.FreezeList(First, "/mnt/xfs"))), StringComparison.Ordinal);
        Assert.Empty(Frozen);

        Assert.Null(Sizes(client, volume));
        Assert.Equal($"failed to open: {reason}", PathsOf(client.Ask(Trim)).Single(path => (string?)path["path"] == First)["error"]);
        Assert.Contains(
            $"{First} (ext4 on /dev/{volume.Device}, {NumberOf(volume)}) is unreachable and not frozen with the rest",
            Lab.Run($"/agent/qemu-ga check --json -t {FreezeSession.StateDirectory}; true"), StringComparison.Ordinal);
        AssertThawed();
    }

    [FreezeLabFact]
    public void Of_two_filesystems_at_one_path_the_upper_one_is_frozen_and_the_lower_one_named()
    {
        var lower = Lab.Mount("ext4", First);
        var upper = Lab.Mount("xfs", First);
        using var client = Start("").Connect();

        AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Freeze));
        Assert.True(upper.IsFrozen);
        Assert.False(lower.IsFrozen);
        AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Thaw));
        Eventually.True(
            () => TextOf(Log).Contains($"{First} (ext4 on /dev/{lower.Device}, {NumberOf(lower)}) is unreachable", StringComparison.Ordinal));

        AssertReturns(1, client.Ask(Qmp.FreezeList(First)));
        Assert.True(upper.IsFrozen);
        AssertReturns(1, client.Ask(Qmp.Thaw));

        Assert.Null(Sizes(client, lower));
        Assert.NotNull(Sizes(client, upper));
        Assert.Equal([null, "failed to open: another filesystem is mounted over it"], PathsOf(client.Ask(Trim))
            .Where(path => (string?)path["path"] == First).Select(path => (string?)path["error"]).Order());
        AssertThawed();
    }

    [FreezeLabFact]
    public void What_is_mounted_over_a_frozen_filesystem_does_not_keep_it_frozen()
    {
        Lab.Mount("ext4", First);
        using var client = Start("").Connect();
        AssertReturns(1, client.Ask(Qmp.FreezeList(First)));
        Cover("tmpfs /mnt/up");

        AssertReturns(1, client.Ask(Qmp.Thaw));
        AssertThawed();
    }

    /// <summary>As <see cref="FreezeLabTest.AssertAtRest"/>, but not all can be written to.</summary>
    private void AssertThawed()
    {
        Assert.Empty(Frozen);
        Assert.False(IsMarked());
        Eventually.True(() => !Guardians.Any());
    }

    private void Cover(string mount)
    {
        var (what, place) = (mount.Split(' ')[0], mount.Split(' ')[1]);
        Lab.Run(what == "tmpfs" ? $"mount -t tmpfs cover {place}" : $"mount --bind {what} {place}");
        _places.Add(place);
    }

    private string NumberOf(FreezeLabVolume volume) => Lab.Run($"cat /sys/block/{volume.Device}/dev").Trim();

    private static JToken PathsOf(string answer) => Qmp.Return(answer)["paths"]!;

    /// <summary>What is told of the sizes of a volume, null if nothing is.</summary>
    private static string? Sizes(QmpClient client, FreezeLabVolume volume)
    {
        var told = Qmp.Return(client.Ask(FsInfo)).Single(entry => (string?)entry["name"] == volume.Device);
        Assert.Equal(volume.MountPoint, told["mountpoint"]);
        return told["total-bytes"] is { } total ? $"{total} {told["total-bytes-privileged"]}" : null;
    }
}
