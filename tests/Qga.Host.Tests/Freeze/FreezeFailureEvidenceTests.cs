using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>The rows of docs/freeze.md in which a freeze fails, or is less than was asked for: what the record says of it.</summary>
public sealed class FreezeFailureEvidenceTests(FreezeLabFixture fixture) : FreezeEvidenceTest(fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private TaskLimit? _limit;

    public override void Dispose()
    {
        base.Dispose();
        _limit?.Dispose();
    }

    [FreezeLabFact]
    public void Filesystem_that_no_path_leads_to_is_missed()
    {
        Lab.Mount("ext4", "/mnt/hidden");
        Lab.Run("mount -t tmpfs cover /mnt/hidden");
        try
        {
            using var client = Start("").Connect();
            AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Freeze));
            AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Thaw));

            var record = AssertNotConsistent("host", "/mnt/hidden was not frozen: it is unreachable: another filesystem is mounted over it");
            Assert.Equal((true, null), ((bool)FileSystem(record, "/mnt/hidden")["missed"]!, FileSystem(record, "/mnt/hidden")["frozen-at"]));
            Assert.NotNull(record["interval"]);
        }
        finally
        {
            Lab.Run("umount -l /mnt/hidden");
        }
    }

    [FreezeLabTheory]
    [InlineData("/nowhere", "no filesystem on a block device goes by this mount point")]
    [InlineData("/mnt/ext4/inner", "fsfreeze-exclude keeps it out")]
    [InlineData("/mnt/squashfs", "it can't be frozen")]
    public void Name_that_nothing_is_frozen_for_is_missed(string name, string reason)
    {
        using var client = Start("fsfreeze-exclude=/mnt/ext4/inner").Connect();
        _ = Writer;
        AssertReturns(1, client.Ask(Qmp.FreezeList("/mnt/xfs", name)));
        Writer.AwaitHeldUp("/mnt/xfs");
        AssertReturns(1, client.Ask(Qmp.Thaw));
        AwaitWritten();

        var record = AssertNotConsistent("host", $"{name} was not frozen: {reason}");
        Assert.Equal(["/mnt/xfs", name], record["mountpoints"]!.Select(each => (string?)each));
        Assert.NotNull(record["interval"]!["until"]);
    }

    [FreezeLabFact]
    public void What_is_named_and_frozen_is_all_that_counts()
    {
        using var client = Start("").Connect();
        _ = Writer;
        AssertReturns(1, client.Ask(Qmp.FreezeList("/mnt/xfs")));
        Writer.AwaitHeldUp("/mnt/xfs");
        Writer.AwaitWritten("/mnt/ext4");
        AssertReturns(1, client.Ask(Qmp.Thaw));
        AwaitWritten();

        var record = Record();
        Assert.Equal("consistent", (string?)record["verdict"]);
        Assert.Equal(["/mnt/xfs"], record["filesystems"]!.Select(each => (string?)each["mountpoint"]));
    }

    [FreezeLabFact]
    public void Name_that_may_mean_several_fails_the_freeze_and_says_so()
    {
        Lab.Mount("ext4", "/mnt/first");
        Lab.Mount("ext4", "/mnt/second");
        const string Names = """a="$(printf '/mnt/caf\351')" b="$(printf '/mnt/caf\350')"; """;
        Lab.Run(Names + """mkdir -p "$a" "$b" && mount --bind /mnt/first "$a" && mount --bind /mnt/second "$b" && umount -l /mnt/first /mnt/second""");
        try
        {
            using var client = Start("").Connect();
            const string Ambiguous = """{"execute":"guest-fsfreeze-freeze-list","arguments":{"mountpoints":["/mnt/caf\uFFFD"]}}""";
            var error = Qmp.Error(client.Ask(Ambiguous));

            Assert.Empty(AssertNotConsistent("failure", error)["filesystems"]!);
        }
        finally
        {
            Lab.Run(Names + """mount --bind "$a" /mnt/first && mount --bind "$b" /mnt/second && umount -l "$a" "$b" """);
        }
    }

    [FreezeLabFact]
    public void Hook_that_others_could_change_is_the_reason()
    {
        WriteHook("");
        Lab.Run($"chmod 757 {Hook}");
        using var client = Start("", $"-F{Hook}").Connect();
        Qmp.Error(client.Ask(Qmp.Freeze));

        var record = AssertNotConsistent("failure", "must not run as root");
        Assert.Equal([("freeze", "request", "failed")], Hooks(record));
        Assert.Empty(record["filesystems"]!);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Hook_that_fails_is_the_reason()
    {
        WriteHook("echo the database is busy; exit 3");
        using var client = Start("", $"-F{Hook}").Connect();
        Qmp.Error(client.Ask(Qmp.Freeze));

        Assert.Equal([("freeze", "request", "failed")], Hooks(AssertNotConsistent("failure", "the database is busy")));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Hook_that_takes_too_long_is_the_reason_and_so_is_its_call_to_undo()
    {
        WriteHook("[ $1 = thaw ] && exit; sleep 600");
        using var client = Start("fsfreeze-hook-timeout=1", $"-F{Hook}").Connect();
        Qmp.Error(client.Ask(Qmp.Freeze));

        Assert.Equal(
            [("freeze", "request", "failed"), ("thaw", "failure", "ok")], Hooks(AssertNotConsistent("failure", "has not finished \"freeze\" within 1 s")));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_hook_that_fails_leaves_the_interval_and_spoils_the_verdict()
    {
        WriteHook("[ $1 = freeze ] || exit 5");
        using var client = Start("", $"-F{Hook}").Connect();
        Freeze(client);
        Qmp.Error(client.Ask(Qmp.Thaw));
        AwaitWritten();

        var record = AssertNotConsistent("host", "the thaw hook has failed: ");
        Assert.NotNull(record["interval"]!["until"]);
        Assert.Equal([("freeze", "request", "ok"), ("thaw", "request", "failed")], Hooks(record));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Filesystem_that_fails_is_named_and_what_was_frozen_before_it_is_told()
    {
        Lab.Mount("ext4", "/mnt/zz-broken").ShutDown();
        Lab.Mount("ext4", "/mnt/zz-last");
        using var client = Start("").Connect();
        Qmp.Error(client.Ask(Qmp.Freeze));

        var record = AssertNotConsistent("failure", "failed to freeze /mnt/zz-broken: Input/output error");
        Assert.Equal("failed to freeze /mnt/zz-broken: Input/output error", (string?)FileSystem(record, "/mnt/zz-broken")["left-out"]);
        Assert.NotNull(FileSystem(record, "/mnt/zz-last")["thawed-at"]);
        Assert.Null(FileSystem(record, "/mnt/xfs")["frozen-at"]);
        Assert.Null(record["interval"]);
    }

    [Trait("Speed", "Slow")]
    [FreezeLabFact]
    public void Command_that_does_not_come_to_rest_is_the_reason()
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
        Qmp.Error(client.Ask(Qmp.FreezeList("/mnt/xfs")));

        var record = AssertNotConsistent("failure", "guest-file-write has not come to rest within 10 s");
        Assert.Null(FileSystem(record, "/mnt/xfs")["frozen-at"]);
    }

    [Trait("Speed", "Slow")]
    [FreezeLabFact]
    public void Log_that_does_not_answer_is_the_reason()
    {
        var daemon = MountBindfs("/mnt/hung");
        using var client = Start("", "-l", "/mnt/hung/log").Connect();
        client.Timeout = Limit;
        _ = Writer;
        daemon.Send(Signal.Stop);
        Qmp.Error(client.Ask(Qmp.FreezeList("/mnt/ext4", "/mnt/xfs")));
        AwaitWritten();

        var record = AssertNotConsistent("failure", "the agent's log has not come to rest within 8 s");
        Assert.All(record["filesystems"]!, each => Assert.Null(each["frozen-at"]));
        daemon.Send(Signal.Continue);
        AssertAtRest();
    }

    [Trait("Speed", "Slow")]
    [FreezeLabFact]
    public void Mount_that_hangs_is_the_reason_and_if_it_comes_late_it_is_frozen_for_nobody()
    {
        var outer = Lab.Mount("ext4", "/mnt/outer");
        var inner = Lab.Mount("ext4", "/mnt/inner", image: "/mnt/outer/image");
        using var client = Start("").Connect();
        client.Timeout = Limit;
        _ = Writer;
        Lab.Run("echo text > /mnt/inner/dirty");
        outer.Freeze();
        Qmp.Error(client.Ask(Qmp.FreezeList("/mnt/inner", "/mnt/xfs")));
        outer.Thaw();
        Eventually.True(() => !inner.IsFrozen);
        AwaitWritten();

        var record = AssertNotConsistent("failure", "failed to freeze /mnt/inner: no answer within 8 s");
        Assert.Null(FileSystem(record, "/mnt/inner")["frozen-at"]);
        Assert.Null(record["interval"]);
    }

    [Trait("Speed", "Slow")]
    [FreezeLabFact]
    public void Mount_that_does_not_answer_the_thaw_may_not_have_been_frozen_until_then()
    {
        var daemon = MountBindfs("/mnt/shown");
        Lab.Mount("ext4", "/mnt/slow", "/mnt/shown/image");
        Lab.Run("echo text > /mnt/slow/file");
        using var client = Start("").Connect();
        client.Timeout = Limit;
        AssertReturns(2, client.Ask(Qmp.FreezeList("/mnt/slow", "/mnt/xfs")));
        daemon.Send(Signal.Stop);
        AssertReturns(1, client.Ask(Qmp.Thaw));
        daemon.Send(Signal.Continue);

        var record = AssertNotConsistent("host", "/mnt/slow does not say whether it was frozen until the end");
        Assert.NotNull(FileSystem(record, "/mnt/xfs")["thawed-at"]);
        Assert.Null(record["interval"]);
    }

    /// <summary>An agent that hangs in a freeze and is killed there: its guardian thaws what was frozen, and knows that it was not all.</summary>
    [Trait("Speed", "Slow")]
    [FreezeLabFact]
    public void Agent_that_is_killed_in_the_middle_of_a_freeze_has_not_frozen_all()
    {
        var outer = Lab.Mount("ext4", "/mnt/outer");
        Lab.Mount("ext4", "/mnt/inner", image: "/mnt/outer/image");
        Lab.Mount("ext4", "/mnt/before");
        Lab.Run("echo text > /mnt/inner/dirty");
        var agent = Start("fsfreeze-timeout=3");
        using var client = agent.Connect();
        outer.Freeze();
        client.Send(Qmp.FreezeList("/mnt/inner", "/mnt/before"));
        Eventually.True(() => Lab.Volumes.Single(volume => volume.MountPoint == "/mnt/before").IsFrozen);
        agent.Send(Signal.Kill);
        outer.Thaw();
        agent.WaitForExit();
        Eventually.True(() => !Guardians.Any());

        var record = AssertNotConsistent("deadline", "the agent has ended before all was frozen");

        // What it had frozen it may not have had the time to note.
        Assert.Equal("guardian", (string?)FileSystem(record, "/mnt/before")["thawed-by"]);
        Assert.Null(record["interval"]);
    }

    [FreezeLabFact]
    public void Marker_that_can_not_be_written_costs_the_record_nothing()
    {
        using var client = Start("").Connect();
        Lab.Run($"mount -o remount,ro {FreezeSession.StateDirectory}");
        try
        {
            Freeze(client);
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
            AwaitWritten();

            AssertConsistent("host");
        }
        finally
        {
            Lab.Run($"mount -o remount,rw {FreezeSession.StateDirectory}");
        }
    }

    [FreezeLabFact]
    public void Marker_that_is_left_and_can_not_be_replaced_is_the_reason()
    {
        using var client = Start("").Connect();
        Lab.Run($"touch {FreezeSession.StateDirectory}/qga.state.isfrozen && mount -o remount,ro {FreezeSession.StateDirectory}");
        try
        {
            Qmp.Error(client.Ask(Qmp.Freeze));

            AssertNotConsistent("failure", "failed to freeze: unable to replace ");
        }
        finally
        {
            Lab.Run($"mount -o remount,rw {FreezeSession.StateDirectory}; rm {FreezeSession.StateDirectory}/qga.state.isfrozen");
        }
    }

    [FreezeLabFact]
    public void Guardian_that_can_not_be_started_is_the_reason()
    {
        var agent = Start("");
        using var client = agent.Connect();
        _limit = new TaskLimit();
        _limit.Add(agent.Pid);
        _limit.Reach();
        Qmp.Error(client.Ask(Qmp.Freeze));
        _limit.Lift();

        var record = AssertNotConsistent("failure", "Resource temporarily unavailable");
        Assert.All(record["filesystems"]!, each => Assert.Null(each["frozen-at"]));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void What_another_has_frozen_already_may_be_thawed_by_it_at_any_time()
    {
        using var client = Start("").Connect();
        Lab.Volumes.First(volume => volume.MountPoint == "/mnt/xfs").Freeze();
        AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Freeze));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));

        AssertNotConsistent("host", "/mnt/xfs was not frozen: it is frozen already, by somebody else");
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Nothing_is_worth_nothing()
    {
        using var client = Start("").Connect();
        AssertReturns(0, client.Ask(Qmp.FreezeList()));

        AssertNotConsistent("failure", "nothing was frozen");
        AssertReturns(0, client.Ask(Qmp.Thaw));
        Assert.Single(Records());
    }

    [FreezeLabFact]
    public void Host_asks_for_the_record_by_a_command_of_ours_where_it_is_let()
    {
        const string Report = "__org.qga_freeze-report";
        using (var client = Start("").Connect())
        {
            Assert.Contains($"The command {Report} has not been found", client.Ask(Qmp.Request(Report)), StringComparison.Ordinal);
            Assert.DoesNotContain(Report, client.Ask(Qmp.Request("guest-info")), StringComparison.Ordinal);
        }

        Lab.Reset();
        using var host = Start("extensions=true").Connect();
        Assert.Contains(Report, host.Ask(Qmp.Request("guest-info")), StringComparison.Ordinal);
        Freeze(host);
        var frozen = Assert.Single(Return(host.Ask(Qmp.Request(Report))));
        Assert.Equal("frozen", (string?)frozen["state"]);
        AssertReturns(Freezable.Count(), host.Ask(Qmp.Thaw));
        AwaitWritten();

        var record = AssertConsistent("host");
        Assert.Equal($"{record}", $"{Assert.Single(Return(host.Ask(Qmp.Request(Report, ("id", record["id"]!), ("count", 1)))))}");
    }

    private static JArray Return(string answer) => (JArray)Parse(answer)["return"]!;
}
