using System.Runtime.Versioning;
using Qga.Testing;

namespace Qga.Host.Tests.Isolation;

/// <summary>A command that is stuck in the kernel costs nobody else anything, and its own client no more than a sync.</summary>
[SupportedOSPlatform("linux")]
public sealed class StuckCommandTests : IDisposable
{
    private const int MostStuck = 4;

    private readonly ScratchDirectory _scratch = new();
    private readonly HangingFileSystem _dead = new();
    private readonly PublishedAgent _agent;

    public StuckCommandTests()
    {
        var configuration = _scratch.Write("qemu-ga.conf", $"[qga]\nmax-stuck-workers={MostStuck}\n");
        File.SetUnixFileMode(configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _agent = new PublishedAgent("-c", configuration);
    }

    public void Dispose()
    {
        // Else the agent could not be killed.
        _dead.Dispose();
        _agent.Dispose();
        _scratch.Dispose();
    }

    [HangingFileSystemFact]
    public void Hanging_open_costs_its_client_a_sync_and_others_nothing()
    {
        var path = _dead.Write("file", "content");
        using var unlucky = _agent.Connect();
        using var other = _agent.Connect();
        _dead.Hang();
        unlucky.Send(Qmp.Open(path));

        // Others, and other opens.
        Assert.Equal(Qmp.Pong, other.Ask(Qmp.Ping));
        var healthy = (long)Qmp.Return(other.Ask(Qmp.Open(_scratch.PathOf("healthy"), "w+")));
        Assert.Equal(3, Qmp.Return(other.Ask(Qmp.Write(healthy, "abc"u8)))["count"]);
        other.Ask(Qmp.Rewind(healthy));
        Assert.Equal("abc"u8, Qmp.Data(other.Ask(Qmp.Read(healthy, 10))));

        // Its own channel: what waits before the sync is given up, what is behind it is not.
        unlucky.Send(Qmp.Open(_scratch.PathOf("never"), "w") + Qmp.SyncDelimited(1) + Qmp.Ping);
        Assert.Equal("\xFF{\"return\": 1}", unlucky.ReadLine());
        Assert.Equal(Qmp.Pong, unlucky.ReadLine());
        Assert.Equal(Qmp.Pong, unlucky.Ask(Qmp.Ping));

        _dead.Recover();
        _agent.AwaitOutput("dropped the late answer");
        Assert.Equal("""{"return": 2}""", unlucky.Ask(Qmp.Sync(2)));
        Assert.False(File.Exists(_scratch.PathOf("never")));
        Eventually.True(() => !ProcessStatus.HasOpen(_agent.Pid, path));        // nobody knows its handle
        var recovered = (long)Qmp.Return(unlucky.Ask(Qmp.Open(path)));
        Assert.Equal("content"u8, Qmp.Data(unlucky.Ask(Qmp.Read(recovered, 10))));
    }

    [HangingFileSystemFact]
    public void Hanging_read_holds_up_its_own_handle_only()
    {
        var path = _dead.Write("file", new string('x', 100_000));
        using var unlucky = _agent.Connect();
        using var patient = _agent.Connect();
        using var other = _agent.Connect();
        var stuck = (long)Qmp.Return(unlucky.Ask(Qmp.Open(path)));
        var healthy = (long)Qmp.Return(other.Ask(Qmp.Open(_scratch.Write("healthy", "abc"))));
        _dead.Hang();
        unlucky.Send(Qmp.Read(stuck, 100_000));

        Assert.Equal("abc"u8, Qmp.Data(other.Ask(Qmp.Read(healthy, 10))));
        unlucky.Send(Qmp.Sync(1));
        Assert.Equal("""{"return": 1}""", unlucky.ReadLine());
        patient.Send(Qmp.Rewind(stuck) + Qmp.Read(stuck, 3));
        Assert.Equal("abc"u8, Qmp.Data(unlucky.Ask(Qmp.Rewind(healthy) + Qmp.Read(healthy, 10)).Contains("position", StringComparison.Ordinal)
            ? unlucky.ReadLine()!
            : ""));

        _dead.Recover();
        Assert.Equal(0, Qmp.Return(patient.ReadLine()!)["position"]);
        Assert.Equal("xxx"u8, Qmp.Data(patient.ReadLine()!));
        Assert.Equal(Qmp.Pong, unlucky.Ask(Qmp.Ping));
        Assert.Equal(Qmp.Pong, unlucky.Ask(Qmp.Close(stuck)));
    }

    [HangingFileSystemFact]
    public void Hangs_under_the_load_of_sixteen_clients_hold_up_none_of_them()
    {
        var path = _dead.Write("file", "content");
        var file = _scratch.Write("healthy", "abc");
        List<QmpClient> busy = [.. Enumerable.Range(0, 16).Select(_ => _agent.Connect())];
        List<QmpClient> unlucky = [.. Enumerable.Range(0, MostStuck).Select(_ => _agent.Connect())];
        try
        {
            _dead.Hang();
            for (var round = 0; round < 40; round++)
            {
                // Half of what each asks needs a worker. All of it is on its way before the first answer is read.
                busy.ForEach(client => client.Send(Qmp.Ping + Qmp.Open(file) + Qmp.Request("guest-get-fsinfo") + Qmp.Ping));
                if (round % 10 == 5)
                    unlucky[round / 10].Send(Qmp.Open(path));
                foreach (var client in busy)
                {
                    Assert.Equal(Qmp.Pong, client.ReadLine());
                    var handle = (long)Qmp.Return(client.ReadLine()!);
                    Assert.NotNull(Qmp.Return(client.ReadLine()!));
                    Assert.Equal(Qmp.Pong, client.ReadLine());
                    Assert.Equal(Qmp.Pong, client.Ask(Qmp.Close(handle)));
                }
            }

            _dead.Recover();
            foreach (var client in unlucky)
            {
                // On a busy machine it has been given up by then.
                var answer = client.ReadLine()!;
                Assert.Contains(answer.Contains("error", StringComparison.Ordinal) ? "has not finished within 30 s" : "return", answer, StringComparison.Ordinal);
                Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
            }
        }
        finally
        {
            busy.ForEach(client => client.Dispose());
            unlucky.ForEach(client => client.Dispose());
        }
    }

    [Trait("Speed", "Slow")]
    [HangingFileSystemFact]
    public void Thousand_hangs_in_a_row_cost_no_more_than_are_allowed()
    {
        var path = _dead.Write("file", "content");
        using var unlucky = _agent.Connect();
        using var other = _agent.Connect();
        Assert.Equal(Qmp.Pong, other.Ask(Qmp.Ping));
        var threads = ProcessStatus.Of(_agent.Pid).Threads;
        _dead.Hang();
        var refused = 0;
        for (var hang = 0; hang < 1000; hang++)
        {
            // The sync gives up what is before it. That it is stuck is known after its deadline; until then another may start, or wait.
            unlucky.Send(Qmp.Open(path) + Qmp.Sync(hang));
            var line = unlucky.ReadLine()!;
            if (!line.Contains("\"return\"", StringComparison.Ordinal))
            {
                Assert.Equal($"guest-file-open is refused: {MostStuck} commands are stuck in the kernel, the most that are allowed", Qmp.Error(line));
                refused++;
                line = unlucky.ReadLine()!;
            }

            Assert.Equal(hang, Qmp.Return(line));
            Assert.Equal(Qmp.Pong, other.Ask(Qmp.Ping));
        }

        Assert.InRange(refused, 1, 1000 - MostStuck);
        Assert.InRange(ProcessStatus.Of(_agent.Pid).Threads, 0, threads + (2 * MostStuck));

        _dead.Recover();
        Eventually.True(() => _agent.Output.Contains("has come back from the kernel", StringComparison.Ordinal));
        Assert.Equal(Qmp.Pong, unlucky.Ask(Qmp.Close((long)Qmp.Return(unlucky.Ask(Qmp.Open(path))))));
        Eventually.True(() => ProcessStatus.Of(_agent.Pid).Threads <= threads + 2);
    }

    [Trait("Speed", "Slow")]
    [HangingFileSystemFact]
    public void Stuck_commands_are_given_up_counted_and_forgotten()
    {
        var path = _dead.Write("file", new string('x', 100_000));
        using var other = _agent.Connect();
        var handle = (long)Qmp.Return(other.Ask(Qmp.Open(path)));
        var healthy = (long)Qmp.Return(other.Ask(Qmp.Open(_scratch.Write("healthy", "abc"))));
        var threads = ProcessStatus.Of(_agent.Pid).Threads;
        var clients = Enumerable.Range(0, MostStuck).Select(_ => _agent.Connect()).ToList();
        try
        {
            _dead.Hang();
            clients[0].Send(Qmp.Read(handle, 100_000));
            foreach (var client in clients[1..])
                client.Send(Qmp.Open(path));

            // The deadline.
            Assert.Equal("guest-file-read has not finished within 30 s", Qmp.Error(clients[0].ReadLine()!));
            foreach (var client in clients[1..])
                Assert.Equal("guest-file-open has not finished within 30 s", Qmp.Error(client.ReadLine()!));

            // The cap: what would need a worker is refused, the rest is answered.
            Assert.Equal(
                $"guest-file-open is refused: {MostStuck} commands are stuck in the kernel, the most that are allowed",
                Qmp.Error(other.Ask(Qmp.Open(_scratch.PathOf("healthy")))));
            Assert.Equal(
                $"guest-file-read is refused: {MostStuck} commands are stuck in the kernel, the most that are allowed",
                Qmp.Error(other.Ask(Qmp.Read(healthy, 10))));
            Assert.Contains("guest-file-read", Qmp.Error(other.Ask(Qmp.Close(handle))), StringComparison.Ordinal);
            foreach (var client in clients)
                Assert.Equal(Qmp.Pong, client.Ask(Qmp.Ping));
            Assert.Equal("""{"return": 7}""", other.Ask(Qmp.Sync(7)));

            // The kernel lets them go.
            _dead.Recover();
            Eventually.True(() => _agent.Output.Split("has come back from the kernel").Length - 1 == MostStuck);
            foreach (var client in clients)
                Assert.Equal(Qmp.Pong, client.Ask(Qmp.Close((long)Qmp.Return(client.Ask(Qmp.Open(path))))));
            Assert.Equal("abc"u8, Qmp.Data(other.Ask(Qmp.Read(healthy, 10))));
            other.Ask(Qmp.Rewind(handle));
            Assert.Equal("xxx"u8, Qmp.Data(other.Ask(Qmp.Read(handle, 3))));
            Assert.Equal(Qmp.Pong, other.Ask(Qmp.Close(handle)));
            Eventually.True(() => !ProcessStatus.HasOpen(_agent.Pid, path));
            Eventually.True(() => ProcessStatus.Of(_agent.Pid).Threads <= threads + 2);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }
}
