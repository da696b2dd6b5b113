using Qga.Testing;

namespace Qga.Host.Tests.Isolation;

/// <summary>Clients share the threads that read, whatever one of them sends.</summary>
public sealed class FloodTests : IDisposable
{
    private readonly PublishedAgent _agent = new();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public async Task Flood_of_one_client_starves_no_other_however_slow_it_is()
    {
        using var flood = _agent.Connect();
        using var slow = _agent.Connect();
        var isOver = false;
        var answers = 0;
        var flooding = Task.Factory.StartNew(Flood, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var request = 0; request < 20; request++)
        {
            // A byte at a time, each in the midst of the flood.
            foreach (var character in Qmp.Request("guest-get-fsinfo"))
            {
                var before = Volatile.Read(ref answers);
                slow.Send($"{character}");
                Eventually.True(() => Volatile.Read(ref answers) != before);
            }

            Assert.NotNull(Qmp.Return(slow.ReadLine()!));
        }

        Assert.False(flooding.IsCompleted);
        Volatile.Write(ref isOver, true);
        await flooding;

        void Flood()
        {
            var requests = string.Concat(Enumerable.Repeat(Qmp.Ping + Qmp.Request("guest-get-users"), 100));
            while (!Volatile.Read(ref isOver))
            {
                flood.Send(requests);
                for (var answer = 0; answer < 200; answer++)
                {
                    Assert.Contains("return", flood.ReadLine(), StringComparison.Ordinal);
                    Interlocked.Increment(ref answers);
                }
            }
        }
    }
}
