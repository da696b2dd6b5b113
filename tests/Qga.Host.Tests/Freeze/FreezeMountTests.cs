using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>Which filesystems are frozen, in which order, and what becomes of those that do not answer.</summary>
[Trait("Speed", "Slow")]
public sealed class FreezeMountTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    /// <summary>A mount that does not answer fails a freeze within 10 s and is skipped by a thaw within 2 s.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [FreezeLabFact]
    public void Excluded_mount_points_and_types_are_left_alone()
    {
        var agent = Start("fsfreeze-exclude=/mnt/x*,btrfs");
        using var client = agent.Connect();
        AssertReturns(3, client.Ask(Qmp.Freeze));
        Assert.Equal(["/mnt/ext4", "/mnt/readonly", "/mnt/ext4/inner"], Frozen);
        Assert.Single(Guardians);
        AssertReturns(3, client.Ask(Qmp.Thaw));

        AssertReturns(1, client.Ask(Qmp.FreezeList("/mnt/xfs", "/mnt/ext4/inner")));
        Assert.Equal(["/mnt/ext4/inner"], Frozen);
        AssertReturns(1, client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Filesystem_is_frozen_before_the_one_that_holds_its_image_whichever_was_mounted_first()
    {
        var outer = Lab.Mount("ext4", "/mnt/a");
        Lab.Mount("ext4", "/mnt/b", image: "/mnt/a/image");
        Lab.Move(outer, "/mnt/c");
        Lab.Run("echo text > /mnt/b/dirty; echo text > /mnt/c/dirty");

        var agent = Start("");
        using var client = agent.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        Assert.Equal(Freezable, Frozen);
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));

        AssertReturns(2, client.Ask(Qmp.FreezeList("/mnt/b", "/mnt/c")));
        AssertReturns(2, client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Mount_below_a_dead_one_fails_the_freeze_by_name_and_nothing_else()
    {
        var daemon = MountBindfs("/mnt/hung");
        Lab.Mount("ext4", "/mnt/hung/below");
        var agent = Start("");
        using var client = agent.Connect();
        client.Timeout = Limit;
        AssertFreezesAndThawsAll(client);
        daemon.Send(Signal.Stop);

        AssertFailsByName("/mnt/hung/below", client);

        // The others can be frozen, and the thaw passes by.
        AssertReturns(1, client.Ask(Qmp.FreezeList("/mnt/xfs")));
        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        AssertReturns(1, client.Ask(Qmp.Thaw));
        Assert.Empty(Frozen);
        Eventually.True(() => TextOf(Log).Contains("/mnt/hung/below", StringComparison.Ordinal));
        AssertUsable(client);

        daemon.Send(Signal.Continue);
        AssertRecovers(client);
    }

    [FreezeLabFact]
    public void Dead_daemon_of_a_filesystem_on_a_disk_fails_the_freeze_by_name_and_nothing_else()
    {
        var daemon = MountNtfs("/mnt/ntfs");
        var agent = Start("");
        using var client = agent.Connect();
        client.Timeout = Limit;
        AssertFreezesAndThawsAll(client);
        daemon.Send(Signal.Stop);

        AssertFailsByName("/mnt/ntfs", client);

        daemon.Send(Signal.Continue);
        AssertRecovers(client);
    }

    /// <summary>Not even fstat(2) comes back from there.</summary>
    [FreezeLabFact]
    public void Log_on_a_dead_mount_fails_the_freeze_and_nothing_else()
    {
        var daemon = MountBindfs("/mnt/hung");
        var agent = Start("", "-l", "/mnt/hung/log");
        using var client = agent.Connect();
        client.Timeout = Limit;
        AssertFreezesAndThawsAll(client);
        daemon.Send(Signal.Stop);

        Assert.Equal("failed to freeze: the agent's log has not come to rest within 8 s", Qmp.Error(client.Ask(Qmp.Freeze)));
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        Assert.Empty(Frozen);
        Assert.False(IsMarked());
        AssertUsable(client);

        daemon.Send(Signal.Continue);
        AssertRecovers(client);
    }

    [FreezeLabFact]
    public void Freeze_that_gets_stuck_is_given_up_and_undone_once_the_kernel_lets_it_go()
    {
        // What is dirty in the inner filesystem has nowhere to go.
        var outer = Lab.Mount("ext4", "/mnt/outer");
        var inner = Lab.Mount("ext4", "/mnt/inner", image: "/mnt/outer/image");
        var agent = Start("");
        using var client = agent.Connect();
        client.Timeout = Limit;
        Lab.Run("echo text > /mnt/inner/dirty");
        outer.Freeze();

        Assert.Contains("/mnt/inner", Qmp.Error(client.Ask(Qmp.FreezeList("/mnt/inner", "/mnt/xfs"))), StringComparison.Ordinal);
        AssertUsable(client);
        outer.Thaw();
        Eventually.True(() => !inner.IsFrozen);
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));

        // It is known a moment later that the freeze has come back.
        Eventually.True(() => !client.Ask(Qmp.FreezeList("/mnt/inner")).Contains("an earlier freeze has not come back yet", StringComparison.Ordinal));
        AssertReturns(1, client.Ask(Qmp.Thaw));
        AssertFreezesAndThawsAll(client);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Freeze_that_fails_says_where_and_why_and_what_was_undone()
    {
        Lab.Mount("ext4", "/mnt/zz-broken").ShutDown();
        Lab.Mount("ext4", "/mnt/zz-last");
        var agent = Start("");
        using var client = agent.Connect();

        var error = Qmp.Error(client.Ask(Qmp.Freeze));
        Assert.StartsWith("failed to freeze /mnt/zz-broken: Input/output error", error, StringComparison.Ordinal);
        Assert.Contains("thawed", error, StringComparison.Ordinal);
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        Assert.Empty(Frozen);
        Assert.False(IsMarked());
        AssertUsable(client);
    }

    [FreezeLabFact]
    public void Command_that_does_not_come_to_rest_fails_the_freeze_by_name()
    {
        var volume = Lab.Mount("ext4", "/mnt/held");
        var agent = Start("");
        using var stuck = agent.Connect();
        using var client = agent.Connect();
        client.Timeout = Limit;
        var handle = (long)Qmp.Return(stuck.Ask(Qmp.Open("/mnt/held/file", "w")));
        volume.Freeze();
        stuck.Send(Qmp.Write(handle, new byte[8192]));
        Eventually.True(() => Lab.Processes.Single(process => process.Pid == agent.Pid).IsStuck);

        Assert.Contains("guest-file-write has not come to rest", Qmp.Error(client.Ask(Qmp.FreezeList("/mnt/xfs"))), StringComparison.Ordinal);
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        Assert.False(IsMarked());

        // What is undone frees foreign freezes too, and so the command.
        Assert.Empty(Frozen);
        Assert.Equal(8192, Qmp.Return(stuck.ReadLine()!)["count"]);
        AssertUsable(client);
        AssertFreezesAndThawsAll(client);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void File_that_is_open_on_a_dead_filesystem_holds_up_no_freeze()
    {
        var daemon = MountBindfs("/mnt/hung");
        Lab.Run("echo text > /shown/file");
        var agent = Start("");
        using var client = agent.Connect();
        client.Timeout = Limit;
        client.Ask(Qmp.Open("/mnt/hung/file", "r+"));
        daemon.Send(Signal.Stop);

        AssertFreezesAndThawsAll(client);
        AssertUsable(client);
        daemon.Send(Signal.Continue);
        AssertRecovers(client);
    }

    private void AssertFailsByName(string mountPoint, QmpClient client)
    {
        Assert.Contains(mountPoint, Qmp.Error(client.Ask(Qmp.Freeze)), StringComparison.Ordinal);
        Assert.Empty(Frozen);
        Assert.False(IsMarked());
        AssertUsable(client);
    }

    /// <summary>The mount that was dead answers again, soon.</summary>
    private void AssertRecovers(QmpClient client)
    {
        Eventually.True(() => client.Ask(Qmp.Freeze) == $$"""{"return": {{Freezable.Count()}}}""");
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    private void AssertUsable(QmpClient client)
    {
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        var handle = (long)Qmp.Return(client.Ask(Qmp.Open("/mnt/xfs/usable", "w")));
        Assert.Equal(3, Qmp.Return(client.Ask(Qmp.Write(handle, "abc"u8)))["count"]);
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Close(handle)));
        Assert.Equal("abc", TextOf("/mnt/xfs/usable"));
    }
}
