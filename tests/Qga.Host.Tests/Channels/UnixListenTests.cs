using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Qga.Testing;

namespace Qga.Host.Tests.Channels;

/// <summary>The agent on a unix socket: its file, and many clients of every temper.</summary>
[SupportedOSPlatform("linux")]
public sealed class UnixListenTests : IDisposable
{
    private const int Megabyte = 1 << 20;

    private readonly ScratchDirectory _scratch = new();

    private string SocketPath => _scratch.PathOf("socket");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Socket_is_for_its_owner_only()
    {
        using var agent = new PublishedAgent();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(agent.SocketPath));
    }

    [Fact]
    public void Mode_of_the_socket_can_be_configured()
    {
        var configuration = _scratch.Write("qemu-ga.conf", "[qga]\nsocket-mode=0660\n");
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var agent = new PublishedAgent("-c", configuration);

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            File.GetUnixFileMode(agent.SocketPath));
    }

    [Fact]
    public void Stale_socket_is_replaced()
    {
        using (var killed = StartHere())
        {
            AssertServes(killed);
            killed.Send(Signal.Kill);
            killed.WaitForExit();
        }

        Assert.True(File.Exists(SocketPath));
        using var agent = StartHere();
        AssertServes(agent);
    }

    [Fact]
    public void Socket_of_a_live_agent_is_left_alone()
    {
        using var live = StartHere();
        AssertServes(live);
        using var other = new ScratchDirectory();
        using var late = PublishedAgent.Start(other, "-m", "unix-listen", "-p", SocketPath);

        Assert.Equal(1, late.WaitForExit());
        Assert.Contains($"critical: Failed to bind socket to {SocketPath}: another process listens on it\n", late.Output, StringComparison.Ordinal);
        Assert.EndsWith("critical: error initializing guest agent\n", late.Output, StringComparison.Ordinal);
        AssertServes(live);
    }

    [Fact]
    public void File_that_is_no_socket_is_left_alone()
    {
        File.WriteAllText(SocketPath, "precious");
        using var agent = StartHere();

        Assert.Equal(1, agent.WaitForExit());
        Assert.Contains($"Failed to bind socket to {SocketPath}: the path exists and is not a socket\n", agent.Output, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    [Fact]
    public void Each_client_has_a_parser_of_its_own()
    {
        using var agent = new PublishedAgent();
        using var one = agent.Connect();
        using var two = agent.Connect();
        one.Send("""{"execute":"guest-sync","argu""");
        two.Send("\xFF[[[");
        Assert.StartsWith("""{"error": """, two.ReadLine(), StringComparison.Ordinal);
        one.Send("""ments":{"id":1}}""");
        Assert.Equal("""{"return": 1}""", one.ReadLine());
        two.Dispose();

        using var three = agent.Connect();
        Assert.Equal(Qmp.Pong, three.Ask(Qmp.Ping));
    }

    [Fact]
    public void Client_that_has_no_more_to_say_gets_its_answers()
    {
        using var agent = new PublishedAgent();
        using var client = agent.Connect();
        client.Send(Qmp.Sync(1) + Qmp.Sync(2) + Qmp.Sync(3));
        client.EndSending();

        Assert.Equal(["""{"return": 1}""", """{"return": 2}""", """{"return": 3}"""], client.ReadLines());
    }

    [Fact]
    public void Client_that_leaves_before_its_answer_is_served_all_the_same()
    {
        using var agent = new PublishedAgent();
        for (var handle = 1000; handle < 1100; handle++)
        {
            using var client = agent.Connect();
            client.Send(Qmp.Open(agent.PathOf($"{handle}"), "w"));
        }

        Eventually.True(() => File.Exists(agent.PathOf("1099")));
        using var other = agent.Connect();
        Assert.Equal(Qmp.Pong, other.Ask(Qmp.Ping));
    }

    [Fact]
    public void Client_that_does_not_read_its_answers_costs_nobody_else_anything()
    {
        const int Reads = 24;
        const int Size = 8 * Megabyte;
        using var agent = new PublishedAgent();
        var data = RandomFile(agent.PathOf("data"), Size);
        using var lazy = agent.Connect();
        using var other = agent.Connect();
        Assert.Equal(1000, Qmp.Return(lazy.Ask(Qmp.Open(agent.PathOf("data")))));
        for (var read = 0; read < Reads; read++)
            lazy.Send(Qmp.Rewind(1000) + Qmp.Read(1000, Size));

        for (var ping = 0; ping < 1000; ping++)
            Assert.Equal(Qmp.Pong, other.Ask(Qmp.Ping));
        for (var read = 0; read < Reads; read++)
        {
            Assert.Equal(0, Qmp.Return(lazy.ReadLine()!)["position"]);
            Assert.Equal(data, Qmp.Data(lazy.ReadLine()!));
        }

        Assert.InRange(ProcessStatus.PeakMemory(agent.Pid), 0, 100 << 10);
    }

    [Fact]
    public async Task Client_that_asks_without_end_is_made_to_wait()
    {
        const int Requests = 500_000;
        using var agent = new PublishedAgent();
        using var flood = agent.Connect();
        using var other = agent.Connect();
        var asking = Task.Run(() =>
        {
            for (var request = 0; request < Requests; request += 100)
                flood.Send(string.Concat(Enumerable.Repeat(Qmp.Ping, 100)));
        });
        ProcessStatus.AwaitRest(agent.Pid);
        Assert.False(asking.IsCompleted);
        Assert.InRange(ProcessStatus.Of(agent.Pid).Memory, 0, 100 << 10);
        Assert.Equal(Qmp.Pong, other.Ask(Qmp.Ping));

        for (var answer = 0; answer < Requests; answer++)
            Assert.Equal(Qmp.Pong, flood.ReadLine());
        await asking;
    }

    [Fact]
    public void Slow_reader_gets_the_largest_read_whole()
    {
        const int Most = 48 * Megabyte;
        using var agent = new PublishedAgent();
        var data = RandomFile(agent.PathOf("data"), Most);
        using var slow = agent.Connect();
        using var other = agent.Connect();
        slow.Ask(Qmp.Open(agent.PathOf("data")));
        slow.Send(Qmp.Read(1000, Most));

        // Slow: between two blocks somebody else is served.
        using var answer = new MemoryStream();
        while (!answer.TryGetBuffer(out var soFar) || soFar.Count == 0 || soFar[^1] != '\n')
        {
            answer.Write(slow.ReadBlock().Span);
            Assert.Equal(Qmp.Pong, other.Ask(Qmp.Ping));
        }

        var read = Qmp.Data(Encoding.ASCII.GetString(answer.ToArray()));
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(read));
    }

    [Fact]
    public void Many_clients_at_once_are_all_served()
    {
        using var agent = new PublishedAgent();
        var clients = Enumerable.Range(0, 200).Select(_ => agent.Connect()).ToList();
        try
        {
            for (var id = 0; id < clients.Count; id++)
                clients[id].Send(Qmp.Sync(id));
            for (var id = 0; id < clients.Count; id++)
                Assert.Equal(id, Qmp.Return(clients[id].ReadLine()!));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    private static byte[] RandomFile(string path, int size)
    {
        var data = new byte[size];
        new Random(size).NextBytes(data);
        File.WriteAllBytes(path, data);
        return data;
    }

    private RunningProcess StartHere() => PublishedAgent.Start(_scratch, "-m", "unix-listen", "-p", SocketPath);

    private void AssertServes(RunningProcess agent)
    {
        using var client = QmpClient.ConnectOnceListening(SocketPath, agent);
        Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
    }
}
