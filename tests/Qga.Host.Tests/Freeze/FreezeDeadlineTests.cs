using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>A freeze ends at its deadline, whatever has become of the agent.</summary>
public sealed class FreezeDeadlineTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    [FreezeLabFact]
    public void Guest_is_thawed_when_the_configured_time_is_over()
    {
        WriteHook("");
        var agent = Start($"fsfreeze-timeout={Moment()}", $"-F{Hook}");
        using var client = agent.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        Assert.Equal(Freezable, Frozen);

        Eventually.True(() => !IsMarked());
        Eventually.True(() => TextOf(HookLog) == "freeze request\nthaw deadline\n");
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertReturns(0, client.Ask(Qmp.Thaw));
        AssertAtRest();
        Eventually.True(() => TextOf(Log).Contains("nobody has thawed the guest in time", StringComparison.Ordinal));
    }

    [FreezeLabFact]
    public void Request_can_set_a_time_of_its_own()
    {
        var moment = Moment();
        var agent = Start("");
        using var client = agent.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.FreezeFor(moment)));
        Eventually.True(() => !Frozen.Any());
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));

        AssertReturns(1, client.Ask(Qmp.Request("guest-fsfreeze-freeze-list", ("mountpoints", new JArray("/mnt/xfs")), ("timeout", moment))));
        Eventually.True(() => !Frozen.Any());
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertReturns(0, client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Freeze_without_a_deadline_is_allowed_and_a_thaw_in_time_ends_the_wait()
    {
        var agent = Start($"fsfreeze-timeout={Moment()}");
        using var client = agent.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.FreezeFor(0)));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertAtRest();

        // The second deadline is not that of the first.
        AssertReturns(1, client.Ask(Qmp.FreezeList("/mnt/xfs")));
        AssertReturns(1, client.Ask(Qmp.Thaw));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.FreezeFor(600)));
        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Time_that_makes_no_sense_is_refused_before_anything_is_done()
    {
        var agent = Start("");
        using var client = agent.Connect();
        Assert.Contains("timeout", Qmp.Error(client.Ask(Qmp.FreezeFor(-1))), StringComparison.Ordinal);
        Assert.Contains(
            "timeout", Qmp.Error(client.Ask("""{"execute":"guest-fsfreeze-freeze","arguments":{"timeout":"1"}}""")), StringComparison.Ordinal);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Guardian_lives_as_long_as_the_freeze()
    {
        var agent = Start("");
        using var client = agent.Connect();
        Assert.Empty(Guardians);
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));

        var guardian = Assert.Single(Guardians);
        Assert.NotEqual(agent.Pid, guardian.Pid);
        Assert.NotEqual("0", Field(guardian, "VmLck:"));
        Assert.NotEqual(SessionOf(agent.Pid), SessionOf(guardian.Pid));

        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        Eventually.True(() => !guardian.IsAlive);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Guest_is_thawed_in_time_when_the_agent_is_gone_for_good()
    {
        WriteHook("");
        var agent = Start($"fsfreeze-timeout={Moment()}", $"-F{Hook}");
        using (var client = agent.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        agent.Send(Signal.Kill);
        agent.WaitForExit();

        Eventually.True(() => !Guardians.Any());
        Assert.Equal("freeze request\nthaw deadline\n", TextOf(HookLog));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Agent_that_is_restarted_takes_over_what_is_left_of_the_time()
    {
        WriteHook("");
        var first = Start($"fsfreeze-timeout={2 * Moment()}", $"-F{Hook}");
        using (var client = first.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        first.Send(Signal.Kill);
        first.WaitForExit();

        // Its own configuration would let it wait for ever.
        var second = Start("fsfreeze-timeout=0", $"-F{Hook}");
        using (var client = second.Connect())
        {
            AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
            Eventually.True(() => !IsMarked());
            Eventually.True(() => TextOf(HookLog) == "freeze request\nthaw deadline\n");
            AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
            AssertReturns(0, client.Ask(Qmp.Thaw));
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        }

        AssertAtRest();
    }

    [FreezeLabFact]
    public void Agent_that_is_restarted_thaws_on_request_and_ends_the_guardian()
    {
        var first = Start("");
        using (var client = first.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        first.Send(Signal.Kill);
        first.WaitForExit();
        Assert.Single(Guardians);

        var second = Start("");
        using (var client = second.Connect())
        {
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
            AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        }

        AssertAtRest();
    }

    [FreezeLabFact]
    public void Guardian_that_is_killed_costs_neither_the_freeze_nor_the_thaw()
    {
        var agent = Start($"fsfreeze-timeout={2 * Moment()}");
        using var client = agent.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        Assert.Single(Guardians).Send(Signal.Kill);

        // The deadline is the agent's too.
        Eventually.True(() => !Frozen.Any());
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        Assert.Single(Guardians).Send(Signal.Kill);
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    private static string Field(FreezeLabProcess process, string name) =>
        File.ReadLines($"/proc/{process.Pid}/status").First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "").Trim();

    private static string SessionOf(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3];
    }
}
