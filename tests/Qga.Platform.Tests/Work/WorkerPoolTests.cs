using Qga.Platform.Work;

namespace Qga.Platform.Tests.Work;

/// <remarks>No gate is disposed: workers may still be on their way to it, and out of it, when a test ends.</remarks>
public class WorkerPoolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Runs_as_many_at_once_as_may_be_stuck_and_as_many_again()
    {
        var pool = new WorkerPool(mostStuck: 3);
        var gate = new ManualResetEventSlim();
        var running = new CountdownEvent(6);

        for (var i = 0; i < 6; i++)
            pool.TryStart(() => { running.Signal(); gate.Wait(); }, Nothing);

        Assert.True(running.Wait(Patience));
        gate.Set();
    }

    [Fact]
    public void Work_that_no_worker_has_begun_is_taken_back_and_counts_for_nothing()
    {
        var pool = new WorkerPool(mostStuck: 1);
        var gate = new ManualResetEventSlim();
        var running = new CountdownEvent(2);
        for (var i = 0; i < 2; i++)
            pool.TryStart(() => { running.Signal(); gate.Wait(); }, Nothing);
        Assert.True(running.Wait(Patience));

        var wasRun = false;
        Assert.False(pool.TryStart(() => wasRun = true, () => wasRun = true)!.Quarantine());
        Assert.Equal(0, pool.Stuck);

        gate.Set();
        var last = new ManualResetEventSlim();
        pool.TryStart(Nothing, last.Set);
        Assert.True(last.Wait(Patience));
        Assert.False(wasRun);
    }

    [Fact]
    public void Stuck_work_is_counted_once_and_forgotten_when_it_comes_back()
    {
        var pool = new WorkerPool(mostStuck: 1);
        var gate = new ManualResetEventSlim();
        var running = new ManualResetEventSlim();
        var stuckWhenDone = -1;
        var job = pool.TryStart(() => { running.Set(); gate.Wait(); }, () => stuckWhenDone = pool.Stuck, name: "a dead mount")!;
        Assert.True(running.Wait(Patience));

        Assert.True(job.Quarantine());
        Assert.True(job.Quarantine());
        Assert.Equal(1, pool.Stuck);
        Assert.Equal(["a dead mount"], pool.StuckJobs.Select(stuck => stuck.Name));
        Assert.Null(pool.TryStart(Nothing, Nothing));
        var cleaned = new ManualResetEventSlim();
        Assert.NotNull(pool.TryStart(Nothing, cleaned.Set, isCleanup: true));
        Assert.True(cleaned.Wait(Patience));

        gate.Set();
        Assert.True(SpinWait.SpinUntil(() => stuckWhenDone >= 0, Patience));
        Assert.Equal(0, stuckWhenDone);
        Assert.Empty(pool.StuckJobs);
        Assert.NotNull(pool.TryStart(Nothing, Nothing));
    }

    [Fact]
    public void Everything_given_to_it_is_run()
    {
        var pool = new WorkerPool(mostStuck: 2);
        var done = new CountdownEvent(1000);
        for (var i = 0; i < 1000; i++)
            pool.TryStart(Nothing, () => done.Signal());
        Assert.True(done.Wait(Patience));
    }

    [Fact]
    public void Work_that_a_worker_waits_for_takes_none_that_is_busy()
    {
        var pool = new WorkerPool(mostStuck: 1);
        var gate = new ManualResetEventSlim();
        var running = new CountdownEvent(2);
        for (var i = 0; i < 2; i++)
            pool.TryStart(() => { running.Signal(); gate.Wait(); }, Nothing);
        Assert.True(running.Wait(Patience));

        Assert.Null(pool.TryStartNow(() => Assert.Fail("begun"), Nothing));
        gate.Set();
        Assert.True(SpinWait.SpinUntil(() => pool.TryStartNow(Nothing, Nothing) is not null, Patience));
    }

    [Fact]
    public void Worker_is_free_for_whoever_hears_that_it_is_done()
    {
        var pool = new WorkerPool(mostStuck: 1);
        var gate = new ManualResetEventSlim();
        var last = new ManualResetEventSlim();
        pool.TryStart(gate.Wait, Nothing);
        pool.TryStart(Nothing, () => pool.TryStartNow(Nothing, last.Set));
        Assert.True(last.Wait(Patience));
        gate.Set();
    }

    private static void Nothing()
    {
    }
}
