using Qga.Platform.Streams;
using Qga.Platform.Threads;
using Qga.Platform.Work;
using Qga.Testing;

namespace Qga.Platform.Tests.Threads;

public sealed class TurnsTests
{
    [Fact]
    public void What_follows_is_done_by_the_same_thread_in_its_order_and_after_what_was_due()
    {
        List<string> done = [];
        var ours = Environment.CurrentManagedThreadId;

        Turns.Take("due", due =>
        {
            Turns.Follow(new Item(() =>
            {
                Note("first");
                Turns.Follow(new Item(() => Note("third")));
            }));
            Turns.Follow(new Item(() => Note("second")));
            Turns.Take("within", Note);
            Note(due);
        }, TimeSpan.MaxValue);

        Assert.Equal(["within", "due", "first", "second", "third"], done);

        void Note(string text)
        {
            Assert.Equal(ours, Environment.CurrentManagedThreadId);
            done.Add(text);
        }
    }

    [Fact]
    public async Task Without_a_turn_the_pool_does_it()
    {
        var onPool = new TaskCompletionSource<bool>();
        var thread = new Thread(() => Turns.Follow(new Item(() => onPool.SetResult(Thread.CurrentThread.IsThreadPoolThread))));
        thread.Start();

        Assert.True(await onPool.Task.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Turn_that_takes_long_leaves_the_rest_to_the_pool()
    {
        var rest = new TaskCompletionSource<bool>();
        var thread = new Thread(() => Turns.Take(rest, rest =>
        {
            Turns.Follow(new Item(() => rest.SetResult(Thread.CurrentThread.IsThreadPoolThread)));
        }, TimeSpan.Zero));
        thread.Start();

        Assert.True(await rest.Task.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Stream_is_heard_of_while_a_turn_of_another_holds_its_thread_up()
    {
        DescriptorStream.Prepare();
        var (slow, slowPeer) = DescriptorStream.Pair();
        var (quick, quickPeer) = DescriptorStream.Pair();
        using var release = new ManualResetEventSlim();
        using var isHeldUp = new ManualResetEventSlim();
        var held = OnceReadAsync(slow, () =>
        {
            isHeldUp.Set();
            release.Wait();
        });
        try
        {
            await slowPeer.WriteAsync(new byte[1]);
            Assert.True(isHeldUp.Wait(Eventually.Patience));

            var read = quick.ReadAsync(new byte[1]).AsTask();
            await quickPeer.WriteAsync(new byte[1]);
            Assert.Equal(1, await read.WaitAsync(Eventually.Patience));
        }
        finally
        {
            release.Set();
            await held;
            foreach (var stream in (DescriptorStream[])[slow, slowPeer, quick, quickPeer])
                await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task Work_that_a_turn_asks_for_is_done_by_its_thread_and_told_there()
    {
        DescriptorStream.Prepare();
        var pool = new WorkerPool(mostStuck: 4, sparesSwitches: true);
        var (stream, peer) = DescriptorStream.Pair();
        await using (stream)
        await using (peer)
        {
            var work = "";
            var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            var asked = OnceReadAsync(
                stream, () => Assert.NotNull(pool.TryStart(() => work = Thread.CurrentThread.Name!, () => told.SetResult(Thread.CurrentThread.Name!))));
            await peer.WriteAsync(new byte[1]);

            await asked.WaitAsync(Eventually.Patience);
            Assert.Equal("poller", await told.Task.WaitAsync(Eventually.Patience));
            Assert.Equal("poller", work);
        }
    }

    [Fact]
    public async Task However_much_work_gets_stuck_streams_are_heard_of()
    {
        DescriptorStream.Prepare();
        var pool = new WorkerPool(mostStuck: 64, sparesSwitches: true);
        using var release = new ManualResetEventSlim();
        List<DescriptorStream> streams = [];
        List<Task> ended = [];
        try
        {
            string thread;
            do
            {
                var (stream, peer) = DescriptorStream.Pair();
                streams.AddRange([stream, peer]);
                var begun = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                ended.Add(end.Task);
                var asked = OnceReadAsync(stream, () => pool.TryStart(
                    () =>
                    {
                        begun.SetResult(Thread.CurrentThread.Name!);
                        release.Wait();
                    },
                    end.SetResult));
                await peer.WriteAsync(new byte[1]);
                await asked.WaitAsync(Eventually.Patience);
                thread = await begun.Task.WaitAsync(Eventually.Patience);
            }
            while (thread == "poller");

            Assert.Equal("worker", thread);
            Assert.True(ended.Count > 1);
        }
        finally
        {
            release.Set();
            await Task.WhenAll(ended).WaitAsync(Eventually.Patience);
            foreach (var stream in streams)
                await stream.DisposeAsync();
        }
    }

    /// <summary>Does something on the thread that hears of a byte: outside the test's context, which would take it elsewhere.</summary>
    private static Task OnceReadAsync(DescriptorStream stream, Action then)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return ReadAsync();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }

        async Task ReadAsync()
        {
            Assert.Equal(1, await stream.ReadAsync(new byte[1]));
            then();
        }
    }

    private sealed class Item(Action run) : IThreadPoolWorkItem
    {
        public void Execute() => run();
    }
}
