using System.Diagnostics;
using Qga.Client;
using Qga.Testing;

namespace Qga.Bench;

/// <summary>A file that goes to the guest and comes back: by the library, by requests that cost their client nothing, and as scripts do it.</summary>
internal sealed class GuestCopy : IMeasurement
{
    private const int Chunk = 1 << 20;

    /// <summary>What Proxmox VE's API takes at once.</summary>
    private const int SmallChunk = 60 << 10;

    private const int Large = 1 << 30;

    /// <summary>It takes half a minute for as much.</summary>
    private const int LargeOfPeer = 64 << 20;

    private const int Small = 16 << 20;

    private static readonly string Folder = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    public string Name => "copy";

    public string Method =>
        $"{Large >> 20} MiB in memory ({LargeOfPeer >> 20} with qemu-ga), by Qga.Client without and with verification; the agent alone is requests made in advance, whose answers nobody looks at; " +
        $"scripts are {Small >> 20} MiB by {SmallChunk >> 10} KiB writes with a connection each, and by config/examples/qga.py";

    public int Runs => 3;

    public IReadOnlyList<Reading> Take(Contender contender)
    {
        using var agent = contender.Start();
        var large = contender == Contender.Ours ? Large : LargeOfPeer;
        var (source, target) = (PathOf("source"), PathOf("target"));
        try
        {
            WriteRandom(source, large);
            return
            [
                Rate("agent alone, 1 MiB writes", large, () => Write(agent, target, large)),
                Rate("copy in", large, () => Copy(agent, guest => guest.Files.UploadAsync(source, target, new UploadOptions { Verify = false }))),
                Rate("copy in, verified", large, () => Copy(agent, guest => guest.Files.UploadAsync(source, target))),
                Rate("copy in, as scripts do", Small, () => WriteByScript(agent, target)),
                Rate("agent alone, 1 MiB reads", large, () => Read(agent, source, large)),
                Rate("copy out", large, () => Copy(agent, guest => guest.Files.DownloadAsync(source, target, new DownloadOptions { Verify = false }))),
                Rate("copy out, verified", large, () => Copy(agent, guest => guest.Files.DownloadAsync(source, target))),
                Rate("copy out, as scripts do", Small, () => ReadByScript(agent, source)),
            ];
        }
        finally
        {
            File.Delete(source);
            File.Delete(target);
        }
    }

    private static string PathOf(string name) => Path.Combine(Folder, $"qga-bench-{name}-{Environment.ProcessId}");

    private static Reading Rate(string figure, int bytes, Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return new Reading(figure, "MB/s", bytes / watch.Elapsed.TotalMicroseconds);
    }

    private static void Copy(AgentUnderTest agent, Func<GuestAgent, Task> copy) => CopyAsync(agent, copy).GetAwaiter().GetResult();

    private static async Task CopyAsync(AgentUnderTest agent, Func<GuestAgent, Task> copy)
    {
        await using var guest = await GuestAgent.ConnectAsync($"unix:{agent.SocketPath}");
        await copy(guest);
    }

    private static void Write(AgentUnderTest agent, string target, int size) =>
        Repeat(agent, target, "w", size, handle => Qmp.Write(handle, new byte[Chunk]));

    private static void Read(AgentUnderTest agent, string source, int size) => Repeat(agent, source, "r", size, handle => Qmp.Read(handle, Chunk));

    /// <summary>The same request until the whole file is read or written.</summary>
    private static void Repeat(AgentUnderTest agent, string path, string mode, int size, Func<long, string> request)
    {
        using var connection = new Connection(agent.SocketPath);
        var handle = Open(connection, path, mode);
        var bytes = Connection.Request(request(handle));
        for (var moved = 0; moved < size; moved += Chunk)
            connection.Exchange(bytes);
        connection.Ask(Qmp.Close(handle));
    }

    private static long Open(Connection connection, string path, string mode) =>
        (long)Qmp.Return(connection.Ask(Qmp.Open(path, mode)));

    private static void WriteByScript(AgentUnderTest agent, string target)
    {
        var chunk = new byte[SmallChunk];
        long handle;
        using (var connection = new Connection(agent.SocketPath))
            handle = Open(connection, target, "w");
        for (var written = 0; written < Small; written += SmallChunk)
        {
            using var connection = new Connection(agent.SocketPath);
            connection.Ask(Qmp.Sync(1));
            connection.Ask(Qmp.Write(handle, chunk));
        }

        using (var connection = new Connection(agent.SocketPath))
            connection.Ask(Qmp.Close(handle));
    }

    private static void ReadByScript(AgentUnderTest agent, string source)
    {
        var part = PathOf("part");
        try
        {
            using (var whole = File.OpenRead(source))
            using (var start = File.Create(part))
            {
                var content = new byte[Small];
                whole.ReadExactly(content);
                start.Write(content);
            }

            var run = ProcessRun.Of("sh", ["-c", $"'{Repository.PathOf("config/examples/qga.py")}' '{agent.SocketPath}' cat '{part}' | cmp - '{part}'"]);
            if (run.ExitCode != 0)
                throw new InvalidDataException(run.Error);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static void WriteRandom(string path, int size)
    {
        using var file = File.Create(path);
        var block = new byte[Chunk];
        for (var written = 0; written < size; written += Chunk)
        {
            Random.Shared.NextBytes(block);
            file.Write(block);
        }
    }
}
