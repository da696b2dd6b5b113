using System.Globalization;
using System.Net.Sockets;
using Qga.Host.Tests.Freeze;
using Qga.Testing;

namespace Qga.Host.Tests.Service;

/// <summary>
/// The init script for guests without systemd, and what it calls, as they are installed: in the lab, where nothing is but busybox.
/// </summary>
public sealed class InitScriptTests : FreezeLabTest
{
    private const string Script = "/etc/init.d/qemu-guest-agent";
    private const string Program = "/usr/lib/qga/service";
    private const string Settings = "/etc/default/qemu-guest-agent";
    private const string Socket = "/run/agent.sock";
    private const string KeeperFile = "/run/qemu-guest-agent.pid";
    private const string AgentFile = "/run/qemu-ga.pid";
    private const string Channel = $"-m unix-listen -p {Socket} -t {FreezeSession.StateDirectory}";

    public InitScriptTests(FreezeLabFixture fixture)
        : base(fixture)
    {
        Lab.Install(PublishedAgent.Executable, "/usr/sbin/qga");
        Lab.Copy(Repository.PathOf("packaging/lib/service"), Program);
        Lab.Copy(Repository.PathOf("config/init.d/qemu-guest-agent"), Script);
        Lab.Run($"mkdir -p /etc/default && rm -f {KeeperFile} {AgentFile} {Socket} /run/qemu-ga.*.log");
        Configure($"DAEMON_ARGS='{Channel}'");
    }

    [FreezeLabFact]
    public void Actions_have_the_statuses_of_the_LSB()
    {
        Assert.Equal(3, Status("status"));
        Assert.Equal(7, Status("reload"));
        Assert.Equal(0, Status("try-restart"));
        Assert.Equal(0, Status("force-reload"));
        Assert.Equal(3, Status("status"));
        Assert.Equal(0, Status("start"));
        Assert.Equal(0, Status("status"));
        var agent = TextOf(AgentFile);
        Assert.Equal(0, Status("start"));
        Assert.Equal(0, Status("reload"));
        Assert.Equal(0, Status("force-reload"));
        Assert.Equal(agent, TextOf(AgentFile));
        AwaitAgent();
        Assert.Equal(0, Status("try-restart"));
        Assert.NotEqual(agent, TextOf(AgentFile));
        AwaitAgent();
        Assert.Equal(0, Status("stop"));
        Assert.Equal(3, Status("status"));
        Assert.Equal(0, Status("stop"));
        AssertNothingRuns();
        Assert.Equal(2, Status(""));
        Assert.Equal(2, Status("begin"));
    }

    [FreezeLabFact]
    public void Without_the_package_the_script_does_nothing()
    {
        Lab.Run($"mv {Program} /tmp/service");
        try
        {
            Assert.Equal(0, Status("start"));
            AssertNothingRuns();
        }
        finally
        {
            Lab.Run($"mv /tmp/service {Program}");
        }
    }

    [FreezeLabFact]
    public void Agent_that_dies_is_started_again_and_a_freeze_is_kept()
    {
        Run("start");
        AwaitAgent();
        Freeze();

        KillAgent();

        AwaitAgent();
        Assert.Equal(Freezable, Frozen);
        using var client = Connect();
        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Restart_keeps_a_freeze_and_stop_thaws()
    {
        Run("start");
        AwaitAgent();
        Freeze();
        var agent = TextOf(AgentFile);

        Run("restart");

        Assert.NotEqual(agent, TextOf(AgentFile));
        Assert.Equal(Freezable, Frozen);
        AwaitAgent();
        using (var client = Connect())
            AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));

        Run("stop");

        AssertAtRest();
        AssertNothingRuns();
    }

    [FreezeLabFact]
    public void Stop_thaws_what_an_agent_has_left_that_nobody_keeps()
    {
        Run("start");
        AwaitAgent();
        Freeze();
        Kill(KeeperFile, AgentFile);
        Assert.Equal(1, Status("status"));

        Run("stop");

        AssertAtRest();
        Assert.Equal(3, Status("status"));
    }

    [FreezeLabFact]
    public void Agent_whose_keeper_was_killed_is_the_next_ones()
    {
        Run("start");
        AwaitAgent();
        Freeze();
        Kill(KeeperFile);
        Assert.Contains("Nothing starts it again", Lab.Run($"{Script} status"), StringComparison.Ordinal);
        var agent = TextOf(AgentFile);

        Run("start");

        AssertHandedOver(agent);
    }

    /// <remarks>The agent that was left is up all the while.</remarks>
    [FreezeLabFact]
    public void Keeper_that_takes_its_time_is_waited_for()
    {
        const string Slow = "/usr/local/bin/setsid";
        Run("start");
        AwaitAgent();
        Freeze();
        Kill(KeeperFile);
        var agent = TextOf(AgentFile);
        Lab.Run("mkdir -p /usr/local/bin");
        Lab.WriteProgram(Slow, "sleep 1; exec busybox setsid \"$@\"");
        try
        {
            Assert.Equal(0, Status("start"));
            Assert.NotEqual(agent, TextOf(AgentFile));
        }
        finally
        {
            Lab.Run($"rm -f {Slow}");
        }

        AssertHandedOver(agent);
    }

    [FreezeLabTheory]
    [InlineData("DAEMON_ARGS=--no-such-option", "no-such-option")]
    [InlineData("DAEMON_ARGS='-m no-such-method -p /run/agent.sock'", "unsupported channel method/type: no-such-method")]
    [InlineData("DAEMON_ARGS='-d -m unix-listen -p /run/agent.sock'", "an agent in the background can't be kept running")]
    public void What_no_start_mends_is_not_tried_again(string settings, string reason)
    {
        Configure(settings);

        Assert.Equal(6, Status("start"));

        Assert.Equal(3, Status("status"));
        AssertNothingRuns();

        // What starts it again in turn must not do that all the time.
        using var syslog = new FreezeLabSyslog(Lab);
        using var keeper = Lab.Start(Program, "run");
        AwaitLogged(syslog, reason);
        AwaitLogged(syslog, "is not started again before this process");
        Configure($"DAEMON_ARGS='{Channel}'");
        keeper.Send(Signal.Terminate);
        Assert.Equal(0, keeper.WaitForExit());
        using var next = Lab.Start(Program, "run");
        AwaitAgent();
    }

    [FreezeLabFact]
    public void What_runs_in_the_foreground_can_be_restarted_if_something_starts_it_again()
    {
        using var inittab = Lab.Start("/bin/sh", "-c", $"while :; do {Program} run; done");
        AwaitAgent();
        Freeze();
        var keeper = TextOf(KeeperFile);

        Run("restart");

        Assert.NotEqual(keeper, TextOf(KeeperFile));
        Assert.Equal(Freezable, Frozen);
        AwaitAgent();
        using var client = Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
    }

    [FreezeLabFact]
    public void Second_one_is_refused()
    {
        Run("start");

        using var second = Lab.Start(Program, "run");

        Assert.Equal(1, second.WaitForExit());
        Assert.Contains($"process {TextOf(KeeperFile).TrimEnd()} keeps an agent running already", second.Output, StringComparison.Ordinal);
    }

    [FreezeLabFact]
    public void Transport_is_the_channel()
    {
        Configure($"TRANSPORT=unix-listen:{Socket} DAEMON_ARGS='-t {FreezeSession.StateDirectory}'");
        Run("start");
        AwaitAgent();
    }

    [FreezeLabFact]
    public void Environment_of_the_caller_is_not_that_of_the_hosts_programs()
    {
        Lab.Run($"SECRET=1 PATH=/tmp:$PATH {Script} start");
        AwaitAgent();

        var environment = File.ReadAllText(Lab.PathOf($"/proc/{TextOf(AgentFile).TrimEnd()}/environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries);

        Assert.Contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", environment);
        Assert.DoesNotContain(environment, variable => variable.StartsWith("SECRET", StringComparison.Ordinal));
        Assert.DoesNotContain(environment, variable => variable.StartsWith("QGA_", StringComparison.Ordinal));
    }

    [FreezeLabFact]
    public void What_the_agent_says_is_in_the_system_log()
    {
        using var syslog = new FreezeLabSyslog(Lab);
        Configure("DAEMON_ARGS='-m unix-listen -p /no/such/folder/socket'");

        Run("start");

        AwaitLogged(syslog, "Failed to bind socket to /no/such/folder/socket");
    }

    private void Configure(string settings) => File.WriteAllText(Lab.PathOf(Settings), $"{settings}\n");

    private void Run(string action) => Lab.Run($"{Script} {action}");

    private int Status(string action) => int.Parse(Lab.Run($"{Script} {action} > /run/said 2>&1; echo $?"), CultureInfo.InvariantCulture);

    private QmpClient Connect() => QmpClient.Connect(Lab.PathOf(Socket));

    private void AwaitAgent() => Eventually.True(
        () =>
        {
            try
            {
                using var client = Connect();
                return client.Ask(Qmp.Sync(1)).Length > 0;
            }
            catch (Exception failure) when (failure is SocketException or IOException)
            {
                return false;
            }
        },
        "an agent answers");

    private void AssertNothingRuns() => Eventually.True(() => !Lab.Processes.Any(process => process.IsAlive), "nothing runs");

    /// <summary>Kills the processes that files name, one after the other, and waits for the end of each: it comes a moment after the signal.</summary>
    private void Kill(params string[] files) => Lab.Run(
        $"for process in $(cat {string.Join(' ', files)}); do kill -9 $process; while readlink /proc/$process/exe > /dev/null; do sleep 0.02; done; done");

    private void AssertHandedOver(string from)
    {
        Eventually.True(() => TextOf(AgentFile) is { Length: > 0 } next && next != from, "another agent runs");
        AwaitAgent();
        Assert.Equal(Freezable, Frozen);
        Assert.Equal(0, Status("stop"));
        AssertAtRest();
        AssertNothingRuns();
    }

    private void Freeze()
    {
        using var client = Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
    }

    private void KillAgent()
    {
        var agent = TextOf(AgentFile);
        Lab.Run($"kill -9 {agent}");
        Eventually.True(() => TextOf(AgentFile) is { Length: > 0 } next && next != agent, "another agent runs");
    }

    private static void AwaitLogged(FreezeLabSyslog syslog, string text)
    {
        for (string record; !(record = syslog.Read()).Contains(text, StringComparison.Ordinal) || !record.Contains("qemu-ga: ", StringComparison.Ordinal);)
        {
        }
    }
}
