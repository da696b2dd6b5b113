using System.Globalization;
using System.Net.Sockets;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>A frozen agent needs no disk, and stays there.</summary>
public sealed class FreezeRestTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    [FreezeLabFact]
    public void Agent_with_all_its_files_on_frozen_filesystems_answers_and_logs_afterwards()
    {
        Lab.Run("mkdir -p /mnt/ext4/state && rm -f /mnt/xfs/log");
        var agent = Start("", "-t", "/mnt/ext4/state", "-l", "/mnt/xfs/log", "-v");
        using var client = agent.Connect();
        var handle = (long)Qmp.Return(client.Ask(Qmp.Open("/mnt/btrfs/file", "w")));
        client.Ask(Qmp.Write(handle, "before"u8));

        var before = Now();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        Assert.True(IsMarked("/mnt/ext4/state"));
        for (var i = 1; i <= 200; i++)
        {
            Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
            AssertReturns(i, client.Ask(Qmp.Sync(i)));
        }

        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        Assert.Contains("disabled", client.Ask(Qmp.Open("/mnt/btrfs/other", "w")), StringComparison.Ordinal);
        Assert.Contains("disabled", client.Ask(Qmp.Write(handle, "while frozen"u8)), StringComparison.Ordinal);
        Assert.All(Lab.Processes, process => Assert.False(process.IsStuck));
        Assert.Equal(Freezable, Frozen);
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        var after = Now();

        client.Ask(Qmp.Write(handle, " after"u8));
        client.Ask(Qmp.Close(handle));
        Assert.Equal("before after", TextOf("/mnt/btrfs/file"));
        Assert.False(IsMarked("/mnt/ext4/state"));

        // The records of the time in between have their own times.
        Eventually.True(() => TextOf("/mnt/xfs/log").Contains("logging re-enabled due to filesystem unfreeze", StringComparison.Ordinal));
        var held = TextOf("/mnt/xfs/log").Split('\n').SkipWhile(line => !line.Contains("disabling logging", StringComparison.Ordinal))
            .TakeWhile(line => !line.Contains("logging re-enabled", StringComparison.Ordinal))
            .Skip(1).ToList();
        Assert.NotEmpty(held);
        Assert.All(held, line => Assert.InRange(double.Parse(line.Split(':')[0], CultureInfo.InvariantCulture), before, after));

        static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
    }

    [FreezeLabFact]
    public void Daemon_that_starts_while_its_files_are_frozen_writes_its_pid_after_the_thaw()
    {
        Lab.Run("mkdir -p /mnt/ext4/state && rm -f /mnt/ext4/log /mnt/xfs/pid");
        var first = Start("", "-t", "/mnt/ext4/state", "-l", "/mnt/ext4/log");
        using (var client = first.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        first.Send(Signal.Kill);
        first.WaitForExit();

        Lab.Run("/agent/qemu-ga -d -m unix-listen -p /run/daemon -t /mnt/ext4/state -l /mnt/ext4/log -f /mnt/xfs/pid");
        using (var client = QmpClient.Connect(Lab.PathOf("/run/daemon")))
        {
            AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
            Assert.False(File.Exists(Lab.PathOf("/mnt/xfs/pid")));
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
            Eventually.True(() => TextOf("/mnt/xfs/pid").EndsWith('\n'));
            Assert.Contains(Lab.Processes, process => $"{ProcessStatus.OwnPid(process.Pid)}\n" == TextOf("/mnt/xfs/pid"));
            Eventually.True(() => TextOf("/mnt/ext4/log").Contains("logging re-enabled", StringComparison.Ordinal));
        }

        Assert.False(IsMarked("/mnt/ext4/state"));
        AssertAtRest();
    }

    [Trait("Speed", "Slow")]
    [FreezeLabFact]
    public void System_log_that_nobody_reads_does_not_hold_up_a_frozen_agent()
    {
        // Its daemon writes to a frozen disk itself.
        using var deaf = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        deaf.Bind(new UnixDomainSocketEndPoint(Lab.PathOf("/dev/log")));
        try
        {
            var agent = Start("");
            using var client = agent.Connect();
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
            for (var i = 0; i < 500; i++)
                Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
            AssertAtRest();
        }
        finally
        {
            File.Delete(Lab.PathOf("/dev/log"));
        }
    }

    [FreezeLabFact]
    public void Signals_do_not_end_a_frozen_agent()
    {
        var agent = Start("");
        using var client = agent.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        agent.Send(Signal.Terminate);
        agent.Send(Signal.Interrupt);
        ProcessStatus.AwaitRest(agent.Pid);
        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertAtRest();

        agent.Send(Signal.Terminate);
        Assert.Equal(0, agent.WaitForExit());
    }

    [FreezeLabFact]
    public void Thaw_is_answered_before_a_signal_that_came_meanwhile_ends_the_agent()
    {
        WriteHook("[ $1 = freeze ] || { touch /run/thawing; until [ -e /run/go ]; do usleep 10000; done; }");
        var agent = Start("", $"-F{Hook}");
        using var client = agent.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        client.Send(Qmp.Thaw);
        Eventually.True(() => File.Exists(Lab.PathOf("/run/thawing")));
        agent.Send(Signal.Terminate);
        ProcessStatus.AwaitRest(agent.Pid);

        Lab.Run("touch /run/go");

        AssertReturns(Freezable.Count(), client.ReadLine()!);
        Assert.Equal(0, agent.WaitForExit());
        Lab.Run("rm /run/go /run/thawing");
    }

    [FreezeLabFact]
    public void Two_agents_find_what_the_other_has_done()
    {
        Lab.Run("mkdir -p /run/other");
        var first = Start("");
        var second = Start("", "-t", "/run/other", "-l", "/run/other/log");
        using var one = first.Connect();
        using var two = second.Connect();
        AssertReturns(Freezable.Count(), one.Ask(Qmp.Freeze));
        AssertReturns("thawed", two.Ask(Qmp.FreezeStatus));
        AssertReturns(0, two.Ask(Qmp.Freeze));
        AssertReturns("thawed", two.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), two.Ask(Qmp.Thaw));
        AssertReturns("frozen", one.Ask(Qmp.FreezeStatus));
        AssertReturns(0, one.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Client_that_hangs_up_leaves_the_freeze_as_it_is()
    {
        var agent = Start("");
        using (var client = agent.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        using (var client = agent.Connect())
        {
            AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        }

        AssertAtRest();
    }
}
