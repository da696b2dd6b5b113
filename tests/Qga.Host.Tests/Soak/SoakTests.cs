using Qga.Testing;

namespace Qga.Host.Tests.Soak;

/// <summary>However much an agent has been through, it uses no more than after a little of the same.</summary>
public sealed class SoakTests : IDisposable
{
    /// <summary>In KiB: what the collector may leave uncollected.</summary>
    private const long MemoryTolerance = 12 << 10;

    private readonly PublishedAgent _agent = new();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void Ten_thousand_connections_leave_nothing_behind() => AssertLeavesNothing(500, 10_000, count =>
    {
        for (var connection = 0; connection < count; connection++)
        {
            using var client = _agent.Connect();
            if (connection % 2 == 0)
                Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        }
    });

    [Fact]
    public void Hundred_thousand_requests_leave_nothing_behind() => AssertLeavesNothing(10_000, 100_000, count =>
    {
        const int Clients = 4;
        const int Batch = 50;
        Task.WaitAll([.. Enumerable.Range(0, Clients).Select(number => Task.Run(() =>
        {
            using var client = _agent.Connect();
            var path = _agent.PathOf($"file{number}");
            for (var sent = 0; sent < count / Clients; sent += Batch)
            {
                // Two of them open a file and close it again.
                client.Send(Qmp.Open(path, "w"));
                var handle = (long)Qmp.Return(client.ReadLine()!);
                client.Send(Qmp.Write(handle, new byte[1000]) + string.Concat(Enumerable.Repeat(Qmp.Ping, Batch - 3)) + Qmp.Close(handle));
                Assert.Equal(1000, Qmp.Return(client.ReadLine()!)["count"]);
                for (var answer = 0; answer < Batch - 2; answer++)
                    Assert.Equal(Qmp.Pong, client.ReadLine());
            }
        }))]);
    });

    [Fact]
    public void Thousand_requests_that_break_off_leave_nothing_behind() => AssertLeavesNothing(100, 1000, count =>
    {
        for (var request = 0; request < count; request++)
        {
            using var client = _agent.Connect();
            client.Send(Qmp.Write(1000, new byte[request * 16])[..^(request % 20 + 1)]);
        }
    });

    /// <summary>Does something some times to warm up and many times for the record.</summary>
    private void AssertLeavesNothing(int few, int many, Action<int> act)
    {
        act(few);
        var before = Rested();
        act(many);

        Eventually.True(() => ProcessStatus.Of(_agent.Pid).Descriptors == before.Descriptors);
        Eventually.True(() => ProcessStatus.Of(_agent.Pid).Threads <= before.Threads);
        Assert.InRange(ProcessStatus.Of(_agent.Pid).Memory, 0, before.Memory + MemoryTolerance);
    }

    /// <summary>The state in which every connection of the warm-up is closed.</summary>
    private ProcessStatus Rested()
    {
        using (var last = _agent.Connect())
            last.Ask(Qmp.Ping);
        Eventually.True(() => !Directory.GetFileSystemEntries($"/proc/{_agent.Pid}/fd").Skip(40).Any());
        ProcessStatus status = new(0, 0, 0);
        Eventually.True(() => (status, status = ProcessStatus.Of(_agent.Pid)) is var (earlier, later) && earlier.Descriptors == later.Descriptors);
        return status;
    }
}
