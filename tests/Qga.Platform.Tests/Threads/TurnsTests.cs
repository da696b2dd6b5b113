using Qga.Platform.Streams;
using Qga.Platform.Threads;
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
        });

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
        var first = 0;
        var second = new TaskCompletionSource<bool>();
        var thread = new Thread(() => Turns.Take(second, second =>
        {
            Turns.Follow(new Item(() =>
            {
                first = Environment.CurrentManagedThreadId;
                Thread.Sleep(5);        // longer than a turn
            }));
            Turns.Follow(new Item(() => second.SetResult(Thread.CurrentThread.IsThreadPoolThread)));
        }));
        thread.Start();

        Assert.True(await second.Task.WaitAsync(Eventually.Patience));
        Assert.Equal(thread.ManagedThreadId, first);
    }

    [Fact]
    public async Task Stream_is_heard_of_while_a_turn_of_another_holds_its_thread_up()
    {
        DescriptorStream.Prepare();
        var (slow, slowPeer) = DescriptorStream.Pair();
        var (quick, quickPeer) = DescriptorStream.Pair();
        using var release = new ManualResetEventSlim();
        using var isHeldUp = new ManualResetEventSlim();
        var held = HoldUpAsync();
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

        async Task HoldUpAsync()
        {
            await slow.ReadAsync(new byte[1]).ConfigureAwait(false);
            isHeldUp.Set();
            release.Wait();
        }
    }

    private sealed class Item(Action run) : IThreadPoolWorkItem
    {
        public void Execute() => run();
    }
}
