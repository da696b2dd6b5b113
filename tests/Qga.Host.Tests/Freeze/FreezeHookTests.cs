using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>What a hook does to a freeze, and what a freeze that is under way looks like from outside.</summary>
public sealed class FreezeHookTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private const string UntilReleased = "until [ -e /run/released ]; do sleep 0.02; done";

    public override void Dispose()
    {
        base.Dispose();
        File.Delete(Lab.PathOf("/run/released"));
    }

    [FreezeLabTheory]
    [InlineData("", "-F/dev/null")]
    [InlineData("", "--fsfreeze-hook=")]
    [InlineData("", "-F/run/none")]
    [InlineData("[general]\nfsfreeze-hook=/dev/null")]
    [InlineData("[general]\nfsfreeze-hook=")]
    public void Null_device_and_nothing_are_no_hook(string settings, params string[] options)
    {
        Lab.Run("ln -sf /dev/null /run/none");
        var agent = Start(settings, options);
        using var client = agent.Connect();

        AssertFreezesAndThawsAll(client);
    }

    [FreezeLabTheory]
    [InlineData("chmod 757 /run/hooks/hook", "/run/hooks/hook is writable by group or others (mode 0757)")]
    [InlineData("chown 65534 /run/hooks/hook", "/run/hooks/hook belongs to user 65534")]
    [InlineData("chmod 777 /run/hooks", "/run/hooks is writable by group or others (mode 0777)")]
    [InlineData("chown 65534 /run/hooks", "/run/hooks belongs to user 65534")]
    [InlineData("mv /run/hooks /run/moved && ln -s moved /run/hooks && chown 65534 /run/moved", "/run/moved belongs to user 65534")]
    [InlineData("mv /run/hooks /run/moved && ln -s moved /run/hooks && chown -h 65534 /run/hooks", "/run/hooks belongs to user 65534")]
    public void Hook_that_others_could_replace_fails_the_freeze(string change, string weakness)
    {
        Lab.Run("rm -rf /run/hooks /run/moved");
        Lab.WriteProgram("/run/hooks/hook", $"echo $1 >> {HookLog}");
        using var client = Start("", "-F/run/hooks/hook").Connect();
        Lab.Run(change);

        Assert.Equal(
            $"failed to execute fsfreeze hook: /run/hooks/hook must not run as root: {weakness}", Qmp.Error(client.Ask(Qmp.Freeze)));
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        Assert.Equal("", TextOf(HookLog));

        Lab.Run("rm -rf /run/hooks /run/moved");
        Lab.WriteProgram("/run/hooks/hook", $"echo $1 >> {HookLog}");
        AssertFreezesAndThawsAll(client);
        Assert.Equal("freeze\nthaw\n", TextOf(HookLog));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Hook_that_hangs_is_ended_with_its_group_and_fails_the_freeze()
    {
        WriteHook("[ $1 = thaw ] && exit; echo waiting for the database; sleep 600 & sleep 601");
        var agent = Start("fsfreeze-hook-timeout=1", $"-F{Hook}");
        using var client = agent.Connect();

        Assert.Contains("waiting for the database", Qmp.Error(client.Ask(Qmp.Freeze)), StringComparison.Ordinal);
        Eventually.True(() => !Lab.Processes.Any(process => process.Command.StartsWith("sleep 60", StringComparison.Ordinal)));
        Assert.Equal("freeze request\nthaw failure\n", TextOf(HookLog));
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_hook_that_hangs_keeps_nothing_frozen()
    {
        WriteHook("[ $1 = freeze ] && exit; echo waiting; sleep 600");
        var agent = Start("fsfreeze-hook-timeout=1", $"-F{Hook}");
        using var client = agent.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));

        Assert.Contains("waiting", Qmp.Error(client.Ask(Qmp.Thaw)), StringComparison.Ordinal);
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Thaw_hook_runs_when_the_freeze_fails_after_the_freeze_hook()
    {
        Lab.Mount("ext4", "/mnt/broken").ShutDown();
        WriteHook("");
        var agent = Start("", $"-F{Hook}");
        using var client = agent.Connect();

        Assert.StartsWith("failed to freeze /mnt/broken: ", Qmp.Error(client.Ask(Qmp.Freeze)), StringComparison.Ordinal);
        Assert.Equal("freeze request\nthaw failure\n", TextOf(HookLog));
    }

    [FreezeLabFact]
    public void Status_asked_during_a_freeze_waits_for_its_end()
    {
        WriteHook(UntilReleased);
        var agent = Start("", $"-F{Hook}");
        using var freezing = ConnectAndFreeze(agent);
        using var asking = agent.Connect();

        asking.Send(Qmp.FreezeStatus);
        using (var other = agent.Connect())
            Assert.Equal(Qmp.Pong, other.Ask(Qmp.Ping));
        File.WriteAllText(Lab.PathOf("/run/released"), "");

        AssertReturns("frozen", asking.ReadLine()!);
        AssertReturns(Freezable.Count(), freezing.ReadLine()!);
        AssertReturns(Freezable.Count(), freezing.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Client_that_gave_up_the_freeze_is_told_the_truth()
    {
        WriteHook(UntilReleased);
        var agent = Start("", $"-F{Hook}");
        using var client = ConnectAndFreeze(agent);
        Assert.Equal("\xFF{\"return\": 1}", client.Ask(Qmp.SyncDelimited(1)));

        client.Send(Qmp.FreezeStatus);
        File.WriteAllText(Lab.PathOf("/run/released"), "");

        AssertReturns("frozen", client.ReadLine()!);
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Freeze_that_fails_late_is_not_reported_as_frozen()
    {
        WriteHook($"[ $1 = thaw ] && exit; {UntilReleased}; exit 1");
        var agent = Start("", $"-F{Hook}");
        using var freezing = ConnectAndFreeze(agent);
        using var asking = agent.Connect();
        asking.Send(Qmp.FreezeStatus);
        File.WriteAllText(Lab.PathOf("/run/released"), "");

        AssertReturns("thawed", asking.ReadLine()!);
        Assert.Contains("exit status 1", Qmp.Error(freezing.ReadLine()!), StringComparison.Ordinal);
        AssertAtRest();
    }

    /// <summary>A client whose freeze has come as far as the hook.</summary>
    private QmpClient ConnectAndFreeze(FreezeLabAgent agent)
    {
        var client = agent.Connect();
        client.Send(Qmp.Freeze);
        Eventually.True(() => TextOf(HookLog).Length > 0);
        return client;
    }
}
