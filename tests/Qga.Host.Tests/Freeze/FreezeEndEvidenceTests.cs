using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>The rows of docs/freeze.md in which the guest is frozen, and something goes wrong until it is thawed: what the record says, and who has ended it.</summary>
public sealed class FreezeEndEvidenceTests(FreezeLabFixture fixture) : FreezeEvidenceTest(fixture)
{
    [FreezeLabFact]
    public void Host_that_freezes_and_thaws_has_an_interval_in_which_nothing_was_written()
    {
        WriteHook("");
        using var client = Start("", $"-F{Hook}").Connect();
        var before = FreezeLabWriter.Now;
        Freeze(client);
        var (asked, state) = (FreezeLabWriter.Now, Records().Single());
        Assert.Equal(("frozen", null, null), ((string?)state["state"], state["verdict"], state["interval"]!["until"]));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AwaitWritten();

        var record = AssertConsistent("host");
        Assert.InRange(asked, BootTime(record["interval"]!["since"]), BootTime(record["interval"]!["until"]));
        Assert.InRange(BootTime(record["began"]), before, BootTime(record["interval"]!["since"]));
        Assert.Equal(("guest-fsfreeze-freeze", "unix-listen", "uid:0", "uid:0"), ((string?)record["command"], (string?)record["channel"], (string?)record["peer"], (string?)record["ended"]!["peer"]));
        Assert.Equal([("freeze", "request", "ok"), ("thaw", "request", "ok")], Hooks(record));
        Assert.All(record["filesystems"]!.Where(each => each["frozen-at"] is null), each => Assert.Equal(("it can't be frozen", false), ((string?)each["left-out"], (bool)each["missed"]!)));

        Assert.Equal($"{record}", $"{Parse(Assert.Single(File.ReadAllLines(Lab.PathOf("/run/qga/freezes.jsonl"))))}");
        Assert.Empty(Directory.GetFiles(Lab.PathOf("/run/qga"), "*.journal"));
        Assert.Contains("last freeze   ", Lab.Run("/agent/qemu-ga status"), StringComparison.Ordinal);
        Assert.Contains("CONSISTENT", Lab.Run("/agent/qemu-ga freezes"), StringComparison.Ordinal);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Guardian_that_dies_costs_the_freeze_nothing()
    {
        using var client = Start("").Connect();
        Freeze(client);
        var guardian = Guardians.Single();
        guardian.Send(Signal.Kill);
        Eventually.True(() => Guardians.Any(other => other.Pid != guardian.Pid && other.IsAlive));
        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AwaitWritten();

        AssertConsistent("host");
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Guardian_that_does_not_answer_has_the_agent_thaw_by_itself()
    {
        using var client = Start("").Connect();
        Freeze(client);
        var guardian = Guardians.Single();
        guardian.Send(Signal.Stop);
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AwaitWritten();
        guardian.Send(Signal.Continue);
        Eventually.True(() => !guardian.IsAlive);

        AssertConsistent("host");
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_by_root_beside_an_agent_that_hangs_is_in_the_record_with_its_times()
    {
        WriteHook("");
        var agent = Start("", $"-F{Hook}");
        using var client = agent.Connect();
        Freeze(client);
        agent.Send(Signal.Stop);
        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", Lab.Run($"/agent/qemu-ga thaw -t {FreezeSession.StateDirectory} -F{Hook}"));
        AwaitWritten();
        agent.Send(Signal.Continue);
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));

        var record = AssertConsistent("root", "qga thaw");
        Assert.Equal([("freeze", "request", "ok"), ("thaw", "exit", "ok")], Hooks(record));
        Assert.Equal(2, record["agents"]!.Count());
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_by_hand_is_worth_nothing_as_nobody_knows_when_it_was()
    {
        using var client = Start("").Connect();
        Freeze(client);
        var frozen = FreezeLabWriter.Now;
        foreach (var volume in Lab.Volumes)
            volume.Thaw();
        AwaitWritten();
        Lab.Run($"rm {FreezeSession.StateDirectory}/qga.state.isfrozen");
        Eventually.True(() => client.Ask(Qmp.FreezeStatus).Contains("thawed", StringComparison.Ordinal));

        var record = AssertNotConsistent("foreign thaw", "nobody knows when /mnt/ext4");
        Assert.Null(record["interval"]);
        Assert.All(Writer.MountPoints, mountPoint => Assert.Contains(
            Writer.WritesTo(mountPoint), write => write.Began >= frozen && write.Ended <= BootTime(record["ended"]!["at"])));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Filesystem_that_root_has_thawed_behind_the_agents_back_is_named()
    {
        using var client = Start("").Connect();
        Freeze(client);
        Lab.Volumes.First(volume => volume.MountPoint == "/mnt/ext4").Thaw();
        Writer.AwaitWritten("/mnt/ext4");
        AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Thaw));
        AwaitWritten();

        var record = AssertNotConsistent("host", "/mnt/ext4 was thawed by somebody else, nobody knows when");
        Assert.Equal(("somebody else", null), ((string?)FileSystem(record, "/mnt/ext4")["thawed-by"], FileSystem(record, "/mnt/ext4")["thawed-at"]));
        Assert.Equal("agent", (string?)FileSystem(record, "/mnt/xfs")["thawed-by"]);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Second_agent_that_does_not_come_up_leaves_the_record_alone()
    {
        using var client = Start("").Connect();
        Freeze(client);
        using var second = Lab.Start("/agent/qemu-ga", "-m", "unix-listen", "-p", "/run/second", "-t", FreezeSession.StateDirectory);
        Assert.Equal(1, second.WaitForExit());
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AwaitWritten();

        Assert.Single(AssertConsistent("host")["agents"]!);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Deadline_ends_the_interval()
    {
        WriteHook("");
        using var client = Start("fsfreeze-timeout=2", $"-F{Hook}").Connect();
        Freeze(client, hasDeadline: true);
        Eventually.True(() => client.Ask(Qmp.FreezeStatus).Contains("thawed", StringComparison.Ordinal));
        AwaitWritten();

        var record = AssertConsistent("deadline");
        Assert.Equal([("freeze", "request", "ok"), ("thaw", "deadline", "ok")], Hooks(record));
        Assert.Equal(2, (int)record["timeout"]!);
        AssertAtRest();
    }

    [FreezeLabTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Agent_that_is_killed_and_starts_again_goes_on_with_the_record(bool hasOtherNetwork)
    {
        FreezeAndDie(Start(""));
        Assert.Equal("frozen", (string?)Assert.Single(Records())["state"]);

        using var next = FreezeLabAgent.StartBy(
            Lab, hasOtherNetwork ? ["/bin/unshare", "-n"] : ["/bin/env"], "-t", FreezeSession.StateDirectory, "-l", Log);
        using var client = next.Connect();
        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AwaitWritten();

        Assert.Equal(2, AssertConsistent("host")["agents"]!.Count());
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Record_outlives_two_agents_and_a_hand_over()
    {
        var first = FreezeAndDie(Start(""));
        var second = first.Restart();
        using (var client = second.Connect())
            AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        second.Send(Signal.HandOver);
        Assert.Equal(0, second.WaitForExit());
        second.Dispose();
        using var third = first.Restart();
        using (var client = third.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AwaitWritten();

        Assert.Equal(3, AssertConsistent("host")["agents"]!.Count());
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Guardian_that_does_not_answer_the_next_agent_is_replaced_and_the_record_goes_on()
    {
        FreezeAndDie(Start(""));
        var old = Guardians.Single();
        old.Send(Signal.Stop);
        using var client = Start("").Connect();
        Eventually.True(() => !old.IsAlive);
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AwaitWritten();

        AssertConsistent("host");
        AssertAtRest();
    }

    [FreezeLabTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Guardian_that_is_left_alone_tells_of_its_thaw_whoever_asks(bool asksAgent)
    {
        WriteHook("");
        var agent = FreezeAndDie(Start("fsfreeze-timeout=2", $"-F{Hook}"), hasDeadline: true);
        Eventually.True(() => !Guardians.Any());
        AwaitWritten();
        using var next = asksAgent ? agent.Restart() : null;

        var record = AssertConsistent("deadline", "guardian");
        Assert.Equal([("freeze", "request", "ok"), ("thaw", "deadline", "ok")], Hooks(record));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Guardian_that_has_to_thaw_for_an_agent_that_hangs_is_in_its_record()
    {
        WriteHook("");
        var agent = Start("fsfreeze-timeout=2", $"-F{Hook}");
        using var client = agent.Connect();
        Freeze(client, hasDeadline: true);
        agent.Send(Signal.Stop);
        Eventually.True(() => TextOf(HookLog) == "freeze request\nthaw deadline\n");
        AwaitWritten();
        agent.Send(Signal.Continue);
        Eventually.True(() => !Guardians.Any());
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));

        var record = Record();
        Assert.Equal(("deadline", "guardian"), ((string?)record["ended"]!["by"], (string?)FileSystem(record, "/mnt/ext4")["thawed-by"]));
        Assert.NotNull(record["interval"]!["until"]);

        // How the guardian's hook has ended it may not have known any more when the agent made the record.
        Assert.Contains((string?)record["verdict"], (string[])["consistent", "not consistent"]);
        Assert.True((string?)record["verdict"] == "consistent" || (string?)record["reason"] == "nobody knows how the thaw hook has ended", $"{record}");
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Agent_and_guardian_that_are_both_killed_leave_a_record_that_the_next_agent_goes_on_with()
    {
        var agent = FreezeAndDie(Start(""));
        Guardians.Single().Send(Signal.Kill);
        Eventually.True(() => !Lab.Processes.Any());
        using var next = agent.Restart();
        using var client = next.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AwaitWritten();

        AssertConsistent("host");
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_in_the_place_of_an_agent_that_has_ended_ends_the_record()
    {
        WriteHook("");
        var agent = Start("", $"-F{Hook}");
        using (var client = agent.Connect())
            Freeze(client);
        agent.Send(Signal.HandOver);
        agent.WaitForExit();
        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", Lab.Run($"/agent/qemu-ga thaw -t {FreezeSession.StateDirectory} -F{Hook}"));
        AwaitWritten();

        var record = AssertConsistent("root", "qga thaw");
        Assert.Equal([("freeze", "request", "ok"), ("thaw", "exit", "ok")], Hooks(record));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_without_a_guardian_goes_on_with_the_record_too()
    {
        FreezeAndDie(Start(""));
        Guardians.Single().Send(Signal.Kill);
        Eventually.True(() => !Lab.Processes.Any());
        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", Lab.Run($"/agent/qemu-ga thaw -t {FreezeSession.StateDirectory}"));
        AwaitWritten();

        AssertConsistent("root", "qga thaw");
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_that_asks_the_agent_is_roots()
    {
        using var client = Start("").Connect();
        Freeze(client);
        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", Lab.Run("/agent/qemu-ga thaw"));
        AwaitWritten();

        Assert.Equal("control", (string?)AssertConsistent("root")["ended"]!["channel"]);
        AssertAtRest();
    }

    /// <summary>systemd stops its scope with this signal when the guest goes down.</summary>
    [FreezeLabFact]
    public void Guardian_that_is_stopped_with_the_guest_tells_so()
    {
        FreezeAndDie(Start(""));
        ((Signal)23).Send(Guardians.Single().Pid);
        Eventually.True(() => !Guardians.Any());
        AwaitWritten();

        AssertConsistent("exit", "guardian");
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Configuration_that_can_not_be_used_any_more_costs_the_record_nothing()
    {
        var agent = FreezeAndDie(Start(""));
        Lab.Run("echo nonsense >> /etc/qemu-ga.conf");
        using var next = agent.Restart();
        using var client = next.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AwaitWritten();

        Assert.Equal(2, AssertConsistent("host")["agents"]!.Count());
        AssertAtRest();
    }

    /// <summary>Where nothing is in memory the record is the agent's alone, and ends with it.</summary>
    [FreezeLabFact]
    public void Record_that_could_not_be_kept_is_missed_by_the_next_agent()
    {
        Lab.Run("mkdir -p /mnt/ext4/run && mkdir -p /run/qga && mount --bind /mnt/ext4/run /run/qga");
        try
        {
            var agent = Start("");
            using (var client = agent.Connect())
                AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
            agent.Send(Signal.Kill);
            agent.WaitForExit();
            using var next = agent.Restart();
            using var successor = next.Connect();
            AssertReturns(Freezable.Count(), successor.Ask(Qmp.Thaw));

            // Its socket for root waited for the thaw too.
            Eventually.True(() => File.Exists(Lab.PathOf($"/run/qga/{next.OwnPid}.sock")));
            AssertNotConsistent("host", "nobody knows how it began");
            Assert.Empty(Lab.Run("find /mnt/ext4/run -name '*.journal' -o -name '*.jsonl'"));
        }
        finally
        {
            Lab.Reset();
            Lab.Run("umount -l /run/qga 2> /dev/null; rm -rf /mnt/ext4/run");
        }
    }

    [FreezeLabFact]
    public void Last_freezes_are_kept_beyond_their_agent()
    {
        var agent = Start("");
        using (var client = agent.Connect())
            AssertFreezesAndThawsAll(client);
        agent.Send(Signal.Terminate);
        agent.WaitForExit();
        Assert.Single(Records());
        using var next = agent.Restart();
        using (var client = next.Connect())
            AssertFreezesAndThawsAll(client);

        var records = Records();
        Assert.Equal(2, records.Count);
        Assert.All(records, record => Assert.Equal("consistent", (string?)record["verdict"]));
        Assert.Equal(2, File.ReadAllLines(Lab.PathOf("/run/qga/freezes.jsonl")).Length);
    }
}
