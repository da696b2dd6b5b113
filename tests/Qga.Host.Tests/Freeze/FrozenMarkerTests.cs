using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>The marker in a state directory that others can write to.</summary>
public sealed class FrozenMarkerTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    [FreezeLabFact]
    public void Link_of_another_user_leads_to_no_file()
    {
        Lab.Run($"rm -f /run/lure && chmod 777 {FreezeSession.StateDirectory} && ln -s /run/lure {FreezeSession.StateDirectory}/qga.state.isfrozen");
        using var client = Start("").Connect();

        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        Assert.True(IsMarked());
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));

        Assert.False(File.Exists(Lab.PathOf("/run/lure")));
        AssertAtRest();
    }

    /// <summary>The guardian would take it for that of another freeze, and never thaw this one.</summary>
    [FreezeLabFact]
    public void Marker_that_is_left_and_can_not_be_replaced_fails_the_freeze()
    {
        using var client = Start("").Connect();
        Lab.Run($"touch {FreezeSession.StateDirectory}/qga.state.isfrozen && mount -o remount,ro {FreezeSession.StateDirectory}");
        try
        {
            Assert.StartsWith(
                $"failed to freeze: unable to replace {FreezeSession.StateDirectory}/qga.state.isfrozen, which an earlier freeze has left: ",
                Qmp.Error(client.Ask(Qmp.Freeze)), StringComparison.Ordinal);
            Assert.Empty(Frozen);
            AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        }
        finally
        {
            Lab.Run($"mount -o remount,rw {FreezeSession.StateDirectory}; rm {FreezeSession.StateDirectory}/qga.state.isfrozen");
        }

        AssertFreezesAndThawsAll(client);
        AssertAtRest();
    }

    [FreezeLabFact]
    public void State_directory_that_others_can_write_is_warned_of()
    {
        const string Weakness =
            $"{FreezeSession.StateDirectory} is writable by group or others (mode 0777), and {FreezeSession.StateDirectory} is the state directory: "
            + "others can have the agent take the guest for frozen";
        Lab.Run($"chmod 777 {FreezeSession.StateDirectory}");

        Start("");

        Eventually.True(() => TextOf(Log).Contains($": warning: {Weakness}\n", StringComparison.Ordinal));
        Assert.Contains(Weakness, Lab.Run($"/agent/qemu-ga check --json -t {FreezeSession.StateDirectory}; true"), StringComparison.Ordinal);
    }
}
