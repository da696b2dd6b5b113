using Qga.Testing;

namespace Qga.Host.Tests.Soak;

/// <summary>However much an agent has been through, it uses no more than after a little of the same.</summary>
[Trait("Speed", "Slow")]
public sealed class SoakTests : IDisposable
{
    /// <summary>In KiB: what the collector may leave uncollected.</summary>
    private const long MemoryTolerance = 12 << 10;

    /// <summary>What the thread pool may add under load; its threads stay, but it needs few.</summary>
    private const int ThreadTolerance = 8;

    private readonly PublishedAgent _agent = PublishedAgent.StartAlone();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void Ten_thousand_connections_leave_nothing_behind() => AssertLeavesNothing(5_000, 10_000, count =>
    {
        for (var connection = 0; connection < count; connection++)
        {
            using var client = _agent.Connect();
            if (connection % 2 == 0)
                Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
        }
    });

    [Fact]
    public void Hundred_thousand_requests_leave_nothing_behind() => AssertLeavesNothing(50_000, 100_000, count =>
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
    public void Thousand_requests_that_break_off_leave_nothing_behind() => AssertLeavesNothing(1000, 1000, count =>
    {
        for (var request = 0; request < count; request++)
        {
            using var client = _agent.Connect();
            client.Send(Qmp.Write(1000, new byte[request * 16])[..^(request % 20 + 1)]);
        }
    });

    /// <summary>Does something some times to warm up and many times for the record.</summary>
    private void AssertLeavesNothing(int warmUp, int many, Action<int> act)
    {
        var descriptors = IdleDescriptors();
        act(warmUp);
        Eventually.True(() => ProcessStatus.Of(_agent.Pid).Descriptors == descriptors);
        var before = ProcessStatus.Of(_agent.Pid);

        act(many);
        Eventually.True(() => ProcessStatus.Of(_agent.Pid).Descriptors == descriptors);
        var after = ProcessStatus.Of(_agent.Pid);
        Assert.InRange(after.Threads, 0, before.Threads + ThreadTolerance);
        Assert.InRange(after.Memory, 0, before.Memory + MemoryTolerance);
    }

    /// <summary>How many descriptors the agent has when nobody is connected: the least that it has once it has served someone.</summary>
    private int IdleDescriptors()
    {
        using (var client = _agent.Connect())
            client.Ask(Qmp.Ping);
        Eventually.True(() => Sockets() == 3);
        return ProcessStatus.Of(_agent.Pid).Descriptors;

        // Those that listen, for the host and for root, and the one by which the spawner gets its files.
        int Sockets() => Directory.GetFileSystemEntries($"/proc/{_agent.Pid}/fd")
            .Count(entry => new FileInfo(entry).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
    }
}
