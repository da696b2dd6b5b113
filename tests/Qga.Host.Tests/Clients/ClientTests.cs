using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Host.Tests.Clients;

/// <summary>The clients that matter most get along with the agent, also after a command that was stuck.</summary>
public sealed class ClientTests : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    private readonly PublishedAgent _agent = new();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void Libvirt_transfers_a_file()
    {
        var data = new byte[3 << 20];
        new Random(1).NextBytes(data);
        using var libvirt = new LibvirtClient(_agent.Connect());

        var handle = (long)libvirt.Run(Qmp.Open(_agent.PathOf("f"), "w+"))["return"]!;
        Assert.Equal(data.Length, libvirt.Run(Qmp.Write(handle, data))["return"]!["count"]);
        libvirt.Run(Qmp.Rewind(handle));
        Assert.Equal(data, Convert.FromBase64String((string)libvirt.Run(Qmp.Read(handle, data.Length))["return"]!["buf-b64"]!));
        Assert.Empty(libvirt.Run(Qmp.Close(handle))["return"]!);
    }

    [Fact]
    public void Libvirt_learns_that_a_command_is_missing()
    {
        using var libvirt = new LibvirtClient(_agent.Connect());

        Assert.Equal("CommandNotFound", libvirt.Run("""{"execute":"guest-nothing"}""")["error"]!["class"]);
        Assert.Equal("11.1.0", libvirt.Run("""{"execute":"guest-info"}""")["return"]!["version"]);
    }

    [HangingFileSystemFact]
    public void Libvirt_goes_on_after_a_stuck_command()
    {
        using var dead = new HangingFileSystem();
        using var libvirt = new LibvirtClient(_agent.Connect());
        libvirt.Run(Qmp.Ping);
        for (var round = 0; round < 3; round++)
        {
            var path = dead.Write($"file{round}", "content");
            dead.Hang();
            Assert.Throws<TimeoutException>(() => libvirt.Run(Qmp.Open(path), Short));
            Assert.Empty(libvirt.Run(Qmp.Ping)["return"]!);

            // The late answer has no reader any more.
            dead.Recover();
            Assert.Empty(libvirt.Run(Qmp.Ping)["return"]!);
            Assert.Equal("content"u8, Content(request => libvirt.Run(request), path));
        }
    }

    [Fact]
    public void Proxmox_transfers_a_file()
    {
        var data = new byte[5 << 20];
        new Random(1).NextBytes(data);
        var proxmox = new ProxmoxClient(_agent.Connect, 4711);
        var path = _agent.PathOf("f");

        // Its base64 has lines.
        var handle = (long)proxmox.Run(Qmp.Open(path, "wb"))["return"]!;
        var lines = string.Concat(Convert.ToBase64String(data.AsSpan(0, 30_000)).Chunk(76).Select(line => new string(line) + "\n"));
        Assert.Equal(30_000, proxmox.Run(Qmp.Request("guest-file-write", ("handle", handle), ("buf-b64", lines)))["return"]!["count"]);
        proxmox.Run(Qmp.Write(handle, data.AsSpan(30_000)));
        proxmox.Run(Qmp.Close(handle));

        Assert.Equal(data, Content(proxmox.Run, path));
    }

    [HangingFileSystemFact]
    public void Proxmox_goes_on_after_a_stuck_command()
    {
        using var dead = new HangingFileSystem();
        var path = dead.Write("file", "content");
        dead.Hang();
        var stuck = new ProxmoxClient(
            () =>
            {
                var connection = _agent.Connect();
                connection.Timeout = Short;
                return connection;
            },
            1);
        Assert.Throws<IOException>(() => stuck.Run(Qmp.Open(path)));

        var proxmox = new ProxmoxClient(_agent.Connect, 2);
        Assert.Empty(proxmox.Run("""{"execute":"guest-ping","arguments":{}}""")["return"]!);
        dead.Recover();
        Assert.Equal("content"u8, Content(proxmox.Run, path));
    }

    /// <summary>On a port, what the last process asked for may be answered any time: before, within or after the sync's grace.</summary>
    [Trait("Speed", "Slow")]
    [HangingFileSystemFact]
    public async Task Nothing_comes_between_a_delimited_sync_and_the_next_answer_on_a_port()
    {
        using var scratch = new ScratchDirectory();
        using var dead = new HangingFileSystem();
        using var terminal = new PseudoTerminal();
        using var agent = PublishedAgent.Start(scratch, "-m", "isa-serial", "-p", terminal.Path);
        terminal.AwaitRaw();
        var port = terminal.Connect();
        var proxmox = new ProxmoxClient(() => port, 42);
        for (var delay = 0; delay <= 1300; delay += 100)
        {
            var path = dead.Write($"file{delay}", "content");
            dead.Hang();
            port.Send(Qmp.Open(path) + "\n");
            var recovery = Task.Delay(delay).ContinueWith(_ => dead.Recover(), TaskScheduler.Default);

            Assert.Empty(proxmox.Run(port, Qmp.Ping)["return"]!);
            await recovery;
            Assert.Empty(proxmox.Run(port, Qmp.Ping)["return"]!);
        }
    }

    /// <summary>The whole of a file, by reads of a megabyte.</summary>
    private static byte[] Content(Func<string, JObject> run, string path)
    {
        using var content = new MemoryStream();
        var handle = (long)run(Qmp.Open(path))["return"]!;
        JToken read;
        do
        {
            read = run(Qmp.Read(handle, 1 << 20))["return"]!;
            content.Write(Convert.FromBase64String((string)read["buf-b64"]!));
        }
        while (!(bool)read["eof"]!);

        run(Qmp.Close(handle));
        return content.ToArray();
    }
}
