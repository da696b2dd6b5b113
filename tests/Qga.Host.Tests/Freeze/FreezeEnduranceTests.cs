using Qga.Testing;

namespace Qga.Host.Tests.Freeze;

/// <summary>Many freezes, one after the other, while others write.</summary>
[Trait("Speed", "Slow")]
public sealed class FreezeEnduranceTests(FreezeLabFixture fixture) : FreezeLabTest(fixture)
{
    private const int Cycles = 1000;

    [FreezeLabFact]
    public void Thousand_cycles_under_load_leave_nothing_behind()
    {
        string[] places = ["/mnt/ext4", "/mnt/xfs"];
        var agent = Start("");
        using var client = agent.Connect();
        using var writer = Lab.Start("/bin/sh", "-c", string.Concat(places.Select(place =>
            $"while :; do echo text > {place}/load; mv {place}/load {place}/moved; usleep 2000; done & ")) + "wait");

        Cycle(20);
        var before = ProcessStatus.Of(agent.Pid);
        Cycle(Cycles);

        // Idle threads of the pool come and go.
        var after = ProcessStatus.Of(agent.Pid);
        Assert.InRange(after.Descriptors, 0, before.Descriptors + 5);
        Assert.InRange(after.Threads, 0, before.Threads + 20);
        Assert.InRange(after.Memory, 0, before.Memory + (32 << 10));
        Assert.Equal(agent.Pid, Assert.Single(Lab.Processes, process => process.Command.Contains("qemu-ga", StringComparison.Ordinal)).Pid);
        AssertAtRest();

        void Cycle(int count)
        {
            for (var i = 0; i < count; i++)
            {
                AssertReturns(places.Length, client.Ask(Qmp.FreezeList(places)));
                AssertReturns(places.Length, client.Ask(Qmp.Thaw));
            }
        }
    }
}
