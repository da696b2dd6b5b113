using System.Globalization;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>A service manager ends the agent while the guest is frozen: for the next one, or for good.</summary>
public sealed class FreezeHandOverTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    [FreezeLabFact]
    public void Agent_that_hands_over_leaves_the_guest_frozen_and_the_next_takes_it_over()
    {
        WriteHook("");
        var agent = Start("fsfreeze-timeout=600", $"-F{Hook}");
        using (var client = agent.Connect())
            AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));

        agent.Send(Signal.Terminate);
        using (var client = agent.Connect())
            AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        agent.Send(Signal.HandOver);
        Assert.Equal(0, agent.WaitForExit());
        Assert.Equal(Freezable, Frozen);

        // A service manager may be told to send it to all.
        Guardians.Single().Send(Signal.HandOver);
        Assert.Single(Guardians);
        Assert.True(IsMarked());

        using var next = agent.Restart();
        using var successor = next.Connect();
        AssertReturns("frozen", successor.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), successor.Ask(Qmp.Thaw));
        Assert.Equal("freeze request\nthaw request\n", TextOf(HookLog));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Agent_that_hands_over_a_thawed_guest_just_ends()
    {
        var agent = Start("");
        using (var client = agent.Connect())
            AssertFreezesAndThawsAll(client);

        agent.Send(Signal.HandOver);

        Assert.Equal(0, agent.WaitForExit());
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Hand_over_in_the_middle_of_a_freeze_waits_for_its_end()
    {
        WriteHook("[ $1 = thaw ] || { touch /run/hooked; sleep 1; }");
        Lab.Run("rm -f /run/hooked");
        var agent = Start("", $"-F{Hook}");
        using var client = agent.Connect();
        client.Send(Qmp.Freeze);
        Eventually.True(() => File.Exists(Lab.PathOf("/run/hooked")));

        agent.Send(Signal.HandOver);

        Assert.Equal(0, agent.WaitForExit());
        Assert.Equal(Freezable, Frozen);
        using var next = agent.Restart();
        using var successor = next.Connect();
        AssertReturns(Freezable.Count(), successor.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_takes_on_what_an_agent_has_left_frozen()
    {
        WriteHook("");
        var agent = Start("", $"-F{Hook}");
        using (var client = agent.Connect())
            client.Ask(Qmp.Freeze);
        agent.Send(Signal.HandOver);
        agent.WaitForExit();

        var socket = Lab.PathOf($"/run/qga/{agent.OwnPid}.sock");
        Assert.True(File.Exists(socket));

        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", Thaw($"-F{Hook}"));

        Assert.False(File.Exists(socket));
        Assert.Equal("freeze request\nthaw exit\n", TextOf(HookLog));
        AssertAtRest();
        Assert.Equal("", Thaw());
    }

    [FreezeLabFact]
    public void Thaw_without_a_guardian_goes_by_the_marker()
    {
        var agent = Start("");
        using (var client = agent.Connect())
            client.Ask(Qmp.Freeze);
        Guardians.Single().Send(Signal.Kill);
        agent.Send(Signal.Kill);
        agent.WaitForExit();
        Eventually.True(() => !Lab.Processes.Any());

        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", Thaw());
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_asks_the_agent_that_runs()
    {
        var agent = Start("");
        using var client = agent.Connect();
        client.Ask(Qmp.Freeze);

        Assert.Equal($"thawed {Freezable.Count()} filesystems\n", Thaw());

        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Status_and_service_manager_tell_since_when_the_guest_is_frozen_and_until_when()
    {
        using var manager = new NotifySocket(Lab.PathOf("/run/notify"));
        using var agent = FreezeLabAgent.StartBy(
            Lab, ["/bin/env", "NOTIFY_SOCKET=/run/notify", "WATCHDOG_USEC=1000000"], "-t", FreezeSession.StateDirectory, "-l", Log);
        using var client = agent.Connect();
        client.Ask(Qmp.FreezeFor(600));

        manager.Await("STATUS=frozen since ");
        var status = JObject.Parse(Lab.Run("/agent/qemu-ga status --json").Replace("\n", ""));
        var since = DateTimeOffset.Parse($"{Text(status, "since")}", CultureInfo.InvariantCulture);
        Assert.Equal("frozen", Text(status, "state"));
        Assert.InRange(
            DateTimeOffset.Parse(Text(status, "thaws-at"), CultureInfo.InvariantCulture) - since, TimeSpan.FromSeconds(599),
            TimeSpan.FromSeconds(601));
        Assert.Matches(
            @"^STATUS=frozen since [-0-9]+ [:0-9]+ UTC, thaws at [-0-9]+ [:0-9]+ UTC$", manager.Messages.Last(
                message => message.StartsWith("STATUS", StringComparison.Ordinal)));
        var feeds = manager.Feeds;
        Eventually.True(() => manager.Feeds >= feeds + 3);

        client.Ask(Qmp.Thaw);
        manager.Await("STATUS=serving unix-listen ");
        File.Delete(manager.Path);

        static string Text(JObject status, string name) => status["freeze"]![name]!.ToString(Newtonsoft.Json.Formatting.None).Trim('"');
    }

    private string Thaw(params string[] options) =>
        Lab.Run(string.Join(' ', ["/agent/qemu-ga", "thaw", "-t", FreezeSession.StateDirectory, .. options]));
}
