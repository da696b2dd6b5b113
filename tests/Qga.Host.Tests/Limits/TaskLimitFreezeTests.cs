using Qga.Host.Tests.Freeze;
using Qga.Testing;

namespace Qga.Host.Tests.Limits;

/// <summary>A freeze ends as it should where the guest gets no thread and no process any more.</summary>
public sealed class TaskLimitFreezeTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private TaskLimit? _limit;

    public override void Dispose()
    {
        base.Dispose();
        _limit?.Dispose();
        GC.SuppressFinalize(this);
    }

    [FreezeLabFact]
    public void Status_and_thaw_work_once_no_thread_can_be_had()
    {
        var agent = StartFrozen("");
        using var client = agent.Connect();
        AssertReturns("frozen", client.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Deadline_holds_once_no_thread_can_be_had()
    {
        var agent = StartFrozen($"fsfreeze-timeout={2 * Moment()}");
        using var client = agent.Connect();
        Eventually.True(() => !Frozen.Any());
        Eventually.True(() => !IsMarked());
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertReturns(0, client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    [FreezeLabFact]
    public void Freeze_that_needs_a_process_is_refused_and_never_comes_late()
    {
        var agent = Start("");
        using var client = agent.Connect();
        _limit = new TaskLimit();
        _limit.Add(agent.Pid);
        _limit.Reach();
        Assert.Contains("Resource temporarily unavailable", Qmp.Error(client.Ask(Qmp.Freeze)), StringComparison.Ordinal);

        _limit.Lift();
        AssertReturns("thawed", client.Ask(Qmp.FreezeStatus));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Thaw));
        AssertAtRest();
    }

    private FreezeLabAgent StartFrozen(string settings)
    {
        var agent = Start(settings);
        using var client = agent.Connect();
        AssertReturns(Freezable.Count(), client.Ask(Qmp.Freeze));
        _limit = new TaskLimit();
        _limit.Add(agent.Pid);
        foreach (var guardian in Guardians)
            _limit.Add(guardian.Pid);
        _limit.Reach();
        return agent;
    }
}
