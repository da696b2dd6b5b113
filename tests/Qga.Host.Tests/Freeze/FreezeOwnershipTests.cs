using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>Whose freeze it is: a guardian touches no freeze but its own, and an agent says "frozen" no longer than it is so.</summary>
public sealed class FreezeOwnershipTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private const string Stuck =
        """
        #include <fcntl.h>
        #include <pthread.h>
        #include <sys/mman.h>
        static volatile char *page;
        static void *write_to_page(void *none) { page[0] = 1; return none; }
        int main(int count, char **arguments) {
            pthread_t thread;
            page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, open(arguments[1], O_RDWR), 0);
            pthread_create(&thread, 0, write_to_page, 0);
            for (int turn = 0; ; turn++)
                mprotect((void *)page, 4096, PROT_READ | PROT_WRITE | (turn % 2 ? PROT_EXEC : 0));
        }
        """;

    [FreezeLabFact]
    public void Guardian_that_sleeps_through_the_thaw_leaves_the_next_freeze_alone()
    {
        var agent = Start("");
        using var client = agent.Connect();
        client.Ask(Qmp.Freeze);
        var old = Guardians.Single();
        old.Send(Signal.Stop);
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));

        old.Send(Signal.Continue);

        Eventually.True(() => !old.IsAlive);
        AssertStillFrozen(client);
    }

    [FreezeLabFact]
    public void Guardian_that_sleeps_past_its_deadline_leaves_the_next_freeze_alone()
    {
        WriteHook("");
        var first = Start($"fsfreeze-timeout={Moment()}", $"-F{Hook}");
        using (var client = first.Connect())
            client.Ask(Qmp.Freeze);
        var old = Guardians.Single();
        old.Send(Signal.Stop);
        Eventually.True(() => !IsMarked());
        first.Send(Signal.Terminate);
        first.WaitForExit();

        var second = Start("");
        using var successor = second.Connect();
        AssertReturns(Freezable.Count(), successor.Ask(Qmp.Freeze));
        old.Send(Signal.Continue);

        Eventually.True(() => !old.IsAlive);
        Assert.Equal("freeze request\nthaw deadline\n", TextOf(HookLog));
        AssertStillFrozen(successor);
    }

    /// <summary>Whoever takes the marker away says that the guest is thawed; a freeze that is not known to us is not to be ended.</summary>
    [FreezeLabFact]
    public void Agent_opens_its_gate_when_somebody_else_has_thawed_the_guest()
    {
        var agent = Start("");
        using var client = agent.Connect();
        client.Ask(Qmp.Freeze);
        foreach (var volume in Lab.Volumes)
            volume.Thaw();
        Lab.Run($"rm {FreezeSession.StateDirectory}/qga.state.isfrozen");

        Eventually.True(() => TextOf(Log).Contains("the freeze is over: somebody else has ended it", StringComparison.Ordinal));
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        Assert.StartsWith("""{"return": """, client.Ask(Qmp.Open("/run/file", "w")), StringComparison.Ordinal);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_names_what_root_has_thawed_on_its_own()
    {
        var agent = Start("");
        using var client = agent.Connect();
        client.Ask(Qmp.Freeze);
        Lab.Volumes.First(volume => volume.MountPoint == "/mnt/ext4").Thaw();

        AssertReturns(Freezable.Count() - 1, client.Ask(Qmp.Thaw));

        AssertAtRest();
        Eventually.True(() => TextOf(Log).Contains("not frozen any more, so somebody else has thawed it: /mnt/ext4\n", StringComparison.Ordinal));
    }

    [FreezeLabFact]
    public void Agent_that_hung_while_root_has_thawed_the_guest_knows_it_when_it_goes_on()
    {
        WriteHook("");
        var agent = Start("", $"-F{Hook}");
        using var client = agent.Connect();
        client.Ask(Qmp.Freeze);
        agent.Send(Signal.Stop);
        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", Lab.Run($"/agent/qemu-ga thaw -t {FreezeSession.StateDirectory} -F{Hook}"));
        Assert.False(IsMarked());

        agent.Send(Signal.Continue);

        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertAtRest();
        Assert.Equal("freeze request\nthaw exit\n", TextOf(HookLog));
        AssertFreezesAndThawsAll(client);
    }

    [FreezeLabFact]
    public void Second_agent_of_a_state_directory_is_refused_and_told_of_the_first()
    {
        var agent = Start("");
        using var client = agent.Connect();
        client.Ask(Qmp.Freeze);

        using var second = Lab.Start("/agent/qemu-ga", "-m", "unix-listen", "-p", "/run/second", "-t", FreezeSession.StateDirectory);

        Assert.Equal(1, second.WaitForExit());
        Assert.Contains(
            $"failed to lock state directory {FreezeSession.StateDirectory}: process {agent.OwnPid} uses it", second.Output,
            StringComparison.Ordinal);
        AssertStillFrozen(client);
    }

    [FreezeLabFact]
    public void Agents_with_state_directories_of_their_own_are_in_nobodys_way()
    {
        Lab.Run("mkdir -p /run/other");
        var agent = Start("");
        var other = Start("", "-t", "/run/other");
        using var client = agent.Connect();
        using var otherClient = other.Connect();

        AssertReturns(1, client.Ask(Qmp.FreezeList("/mnt/ext4")));
        AssertReturns(1, otherClient.Ask(Qmp.FreezeList("/mnt/xfs")));
        Assert.Equal(2, Guardians.Count());
        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        AssertReturns("frozen", otherClient.Ask(Qmp.FreezeStatus));
        AssertReturns(2, otherClient.Ask(Qmp.Thaw));
        AssertReturns(0, client.Ask(Qmp.Thaw));
        Assert.False(IsMarked("/run/other"));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Guardian_that_does_not_answer_a_restarted_agent_is_replaced()
    {
        var first = Start("");
        using (var client = first.Connect())
            client.Ask(Qmp.Freeze);
        first.Send(Signal.Kill);
        first.WaitForExit();
        var old = Guardians.Single();
        old.Send(Signal.Stop);

        var second = Start("");
        using var successor = second.Connect();
        AssertReturns("frozen", successor.Ask(Qmp.FreezeStatus));
        Eventually.True(() => !old.IsAlive);
        Assert.Single(Guardians);
        AssertReturns(Freezable.Count(), successor.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    /// <summary>
    /// The kernel takes a command line out of the memory of a process: never, of one that is stuck in a frozen file and wants to change its memory.
    /// </summary>
    [FreezeLabFact(NeedsCompiler = true)]
    public void Process_that_is_stuck_in_a_frozen_file_holds_up_neither_the_next_agent_nor_a_thaw()
    {
        Lab.Run("dd if=/dev/zero of=/mnt/ext4/mapped bs=4096 count=1");
        CProgram.Compile(Stuck, Lab.PathOf("/bin/stuck"));
        var agent = Start("");
        FreezeAndLeave(agent, () =>
        {
            using var next = agent.Restart();
            using var client = next.Connect();
            AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        });
        AssertAtRest();

        using var last = agent.Restart();
        FreezeAndLeave(last, () => Assert.Equal(
            $"thawed {Freezable.Count()} filesystems\n", Lab.Run($"/agent/qemu-ga thaw -t {FreezeSession.StateDirectory}")));
        AssertAtRest();
    }

    private void FreezeAndLeave(FreezeLabAgent agent, Action thaw)
    {
        using (var client = agent.Connect())
            client.Ask(Qmp.Freeze);
        agent.Send(Signal.Kill);
        agent.WaitForExit();
        foreach (var guardian in Guardians)
            guardian.Send(Signal.Kill);
        using var stuck = Lab.Start("/bin/stuck", "/mnt/ext4/mapped");
        try
        {
            Eventually.True(() => ProcessStatus.State(stuck.Pid) == 'D');
            thaw();
        }
        finally
        {
            // Whoever looks for what is left would wait for it.
            Lab.Volumes.First(volume => volume.MountPoint == "/mnt/ext4").Thaw();
        }
    }

    /// <summary>Abstract addresses are those of one network namespace; they are used where there can be no runtime directory.</summary>
    [FreezeLabTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Agent_that_is_restarted_in_another_network_namespace_takes_the_freeze_over(bool hasRuntimeDirectory)
    {
        Lab.Run(hasRuntimeDirectory ? "true" : "rm -rf /run/qga && touch /run/qga");
        try
        {
            var first = Start("fsfreeze-timeout=600");
            using (var client = first.Connect())
                client.Ask(Qmp.Freeze);
            first.Send(Signal.Kill);
            first.WaitForExit();
            var old = Guardians.Single();

            using var second = FreezeLabAgent.StartBy(Lab, ["/bin/unshare", "-n"], "-t", FreezeSession.StateDirectory, "-l", Log);
            using var successor = second.Connect();
            AssertReturns("frozen", successor.Ask(Qmp.FreezeStatus));
            if (hasRuntimeDirectory)
                Assert.Equal(old.Pid, Guardians.Single().Pid);
            else
                Eventually.True(() => !old.IsAlive);
            Assert.Single(Guardians);
            AssertReturns(Freezable.Count(), successor.Ask(Qmp.Thaw));
            AssertAtRest();
        }
        finally
        {
            Lab.Run("rm -rf /run/qga");
        }
    }

    /// <summary>An upgrade puts another file in the place of the one that agent and guardian run.</summary>
    [FreezeLabFact]
    public void Agent_of_another_file_at_the_same_path_takes_the_freeze_over()
    {
        var first = Start("fsfreeze-timeout=600");
        using (var client = first.Connect())
            client.Ask(Qmp.Freeze);
        first.Send(Signal.HandOver);
        first.WaitForExit();
        var guardian = Guardians.Single();
        Lab.Run("cp /agent/qemu-ga /agent/new && mv /agent/new /agent/qemu-ga");

        var second = Start("");
        using var successor = second.Connect();
        AssertReturns("frozen", successor.Ask(Qmp.FreezeStatus));
        Assert.Equal(guardian.Pid, Guardians.Single().Pid);
        AssertReturns(Freezable.Count(), successor.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    /// <summary>A process of the guest's root that sees other filesystems, as in a container, is no agent though it runs the agent's file.</summary>
    [FreezeLabFact]
    public void Guardian_believes_nobody_of_another_mount_namespace()
    {
        var agent = Start("");
        using var client = agent.Connect();
        client.Ask(Qmp.Freeze);

        using var stranger = Lab.Start("/bin/unshare", "-m", "/agent/qemu-ga", "-m", "unix-listen", "-p", "/run/stranger", "-t", "/run/none");
        Assert.NotEqual(0, stranger.WaitForExit());
        using var thief = Lab.Start(
            "/bin/unshare", "-m", "/bin/sh", "-c", $"mv /run/qga/{agent.OwnPid}.sock /run/hidden; /agent/qemu-ga thaw -t {FreezeSession.StateDirectory}; mv /run/hidden /run/qga/{agent.OwnPid}.sock");
        thief.WaitForExit();

        // It has thawed by its own right; the guardian had no part in that.
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Crash_while_frozen_leaves_no_core_that_would_wait_for_the_thaw()
    {
        using var agent = FreezeLabAgent.StartBy(
            Lab, ["/bin/sh", "-c", "ulimit -c unlimited && cd /mnt/ext4 && exec \"$@\"", "sh"], "-t", FreezeSession.StateDirectory, "-l", Log);
        using (var client = agent.Connect())
        {
            AssertFreezesAndThawsAll(client);
            Assert.Contains("Max core file size        unlimited ", File.ReadAllText($"/proc/{agent.Pid}/limits"), StringComparison.Ordinal);
            client.Ask(Qmp.Freeze);
        }

        Assert.Contains("Max core file size        0 ", File.ReadAllText($"/proc/{agent.Pid}/limits"), StringComparison.Ordinal);
        agent.Send(Signal.Abort);
        agent.WaitForExit();
        var guardian = Guardians.Single();
        guardian.Send(Signal.Abort);
        Eventually.True(() => !guardian.IsAlive);
        Assert.Equal(Freezable, Frozen);

        using var next = agent.Restart();
        using var successor = next.Connect();
        AssertReturns(Freezable.Count(), successor.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    private void AssertStillFrozen(QmpClient client)
    {
        Assert.Equal(Freezable, Frozen);
        Assert.True(IsMarked());
        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertAtRest();
    }
}
