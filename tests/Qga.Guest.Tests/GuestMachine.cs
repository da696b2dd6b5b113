using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Guest.Tests;

/// <summary>What a command in the guest came to: its exit status, and both of its output streams in one.</summary>
public sealed record CommandResult(int Status, string Output);

/// <summary>
/// A virtual machine under emulation, seen from its host: a shell inside, the far ends of the agent's channels, and QEMU's monitor.
/// Disposing of it kills it; should the test process die first, the guest finds its control port without a host and powers off.
/// </summary>
public sealed class GuestMachine : IAsyncDisposable
{
    /// <summary>The name of the agent's port, in the guest and towards libvirt.</summary>
    public const string AgentPort = "org.qemu.guest_agent.0";

    /// <summary>The agent's options for that port.</summary>
    public static readonly IReadOnlyList<string> OnAgentPort = ["-m", "virtio-serial", "-p", $"/dev/virtio-ports/{AgentPort}"];

    /// <summary>The id by which the monitor unplugs that port, and the character device behind it.</summary>
    public const string AgentPortId = "agent-port";

    /// <summary>Far more than anything here takes: what passes it is stuck.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120 * GuestArchitecture.Current.Slowness);

    private const string AgentChannel = "agent";
    private const string SerialChannel = "serial";
    private const string ControlChannel = "control";
    private const string MonitorChannel = "monitor";

    private readonly Process _qemu;
    private readonly string _scratch;
    private readonly SemaphoreSlim _shell = new(1, 1);
    private Stream _control = Stream.Null;

    /// <summary>The serial line of the agent, in the guest.</summary>
    public static string SerialLine => GuestArchitecture.Current.SerialLine;

    private GuestMachine(GuestOptions options)
    {
        _scratch = Directory.CreateTempSubdirectory("qga-guest-").FullName;
        var start = new ProcessStartInfo(GuestArchitecture.Current.Qemu, CommandLine(options))
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        _qemu = Process.Start(start)!;
    }

    /// <summary>QEMU's own monitor.</summary>
    public QmpMonitor Monitor { get; private set; } = null!;

    /// <summary>What the guest's kernel said so far.</summary>
    public string Console => File.Exists(ConsoleFile) ? File.ReadAllText(ConsoleFile) : "";

    private string ConsoleFile => Path.Combine(_scratch, "console");

    /// <summary>Boots a guest and waits for its shell. No agent runs in it yet.</summary>
    public static async Task<GuestMachine> BootAsync(GuestOptions? options = null)
    {
        var machine = new GuestMachine(options ?? new GuestOptions());
        try
        {
            machine.Monitor = await QmpMonitor.StartAsync(await machine.ConnectAsync(MonitorChannel));
            machine._control = await machine.ConnectAsync(ControlChannel);
            if (await machine.WithPatience(machine.ReadControlLineAsync, "to boot") is not "ready")
                throw new InvalidOperationException("the guest's shell did not come up");
            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    /// <summary>The host's side of the virtio port. One client at a time: the next one waits until the last has gone.</summary>
    public async Task<GuestClient> ConnectToAgentPortAsync() => new(await ConnectAsync(AgentChannel));

    /// <summary>The host's side of the serial line.</summary>
    public async Task<GuestClient> ConnectToSerialLineAsync() => new(await ConnectAsync(SerialChannel));

    /// <summary>Runs a shell script in the guest, to its end; what it leaves in the background goes on.</summary>
    public async Task<CommandResult> RunAsync(string script)
    {
        await _shell.WaitAsync();
        try
        {
            return await WithPatience(
                async cancellation =>
                {
                    var line = Convert.ToBase64String(Encoding.UTF8.GetBytes(script)) + "\n";
                    await _control.WriteAsync(Encoding.ASCII.GetBytes(line), cancellation);
                    var answer = (await ReadControlLineAsync(cancellation)).Split(' ');
                    var output = new byte[int.Parse(answer[1])];
                    await _control.ReadExactlyAsync(output, cancellation);
                    return new CommandResult(int.Parse(answer[0]), Encoding.UTF8.GetString(output));
                },
                $"to run: {script}");
        }
        finally
        {
            _shell.Release();
        }
    }

    /// <summary>Runs a shell script that must succeed, and gives its output without the last line feed.</summary>
    public async Task<string> OutputOfAsync(string script)
    {
        var result = await RunAsync(script);
        Assert.True(result.Status == 0, $"status {result.Status} of: {script}\n{result.Output}");
        return result.Output.TrimEnd('\n');
    }

    /// <summary>Waits in the guest until a shell condition holds.</summary>
    public async Task WaitUntilAsync(string condition) =>
        await OutputOfAsync($"timeout {Patience.TotalSeconds - 20} sh -c '{Quote($"until {condition}; do usleep 20000; done")}'");

    /// <summary>Starts the agent in the guest, in a state folder of its own.</summary>
    public Task<GuestAgent> StartAgentAsync(params string[] arguments) =>
        GuestAgent.StartAsync(this, environment: "", arguments);

    /// <summary>Starts the agent on the virtio port.</summary>
    public Task<GuestAgent> StartAgentOnPortAsync(params string[] arguments) => StartAgentAsync([.. OnAgentPort, .. arguments]);

    /// <summary>Starts any agent on the virtio port.</summary>
    public Task<GuestAgent> StartOnPortAsync(string program) =>
        GuestAgent.StartAsync(this, environment: "", [.. OnAgentPort], program);

    /// <summary>Takes the agent's port out of the running guest.</summary>
    public async Task UnplugAgentPortAsync()
    {
        await Monitor.ExecuteAsync("device_del", new JObject { ["id"] = AgentPortId });
        await Monitor.WaitForEventAsync("DEVICE_DELETED");
        await WaitUntilAsync($"[ ! -e /dev/virtio-ports/{AgentPort} ]");
    }

    /// <summary>Puts the agent's port back.</summary>
    public async Task PlugAgentPortAsync()
    {
        await Monitor.ExecuteAsync(
            "device_add",
            new JObject
            {
                ["driver"] = "virtserialport",
                ["id"] = AgentPortId,
                ["chardev"] = AgentChannel,
                ["name"] = AgentPort,
            });
        await WaitUntilAsync($"[ -e /dev/virtio-ports/{AgentPort} ]");
    }

    /// <summary>Waits until QEMU has ended, as it does when the guest powers off or reboots.</summary>
    public Task WaitForPowerOffAsync() =>
        WithPatience(
            async cancellation =>
            {
                await _qemu.WaitForExitAsync(cancellation);
                return true;
            },
            "to power off");

    public async ValueTask DisposeAsync()
    {
        if (!_qemu.HasExited)
            _qemu.Kill();
        await _qemu.WaitForExitAsync();
        _qemu.Dispose();
        Monitor?.Dispose();
        await _control.DisposeAsync();
        _shell.Dispose();
        Directory.Delete(_scratch, recursive: true);
    }

    internal static string Quote(string text) => text.Replace("'", "'\\''");

    private IEnumerable<string> CommandLine(GuestOptions options)
    {
        // Emulation, so that it runs anywhere.
        yield return "-nodefaults";
        yield return "-no-user-config";
        yield return "-no-reboot";
        foreach (var argument in (string[])
                 [
                     .. GuestArchitecture.Current.Machine, "-accel", "tcg", "-display", "none",
                     "-smp", $"{options.Processors},maxcpus={options.MostProcessors ?? options.Processors}",
                     "-m", options.MostMemoryMegabytes is { } most
                         ? $"{options.MemoryMegabytes}M,slots=2,maxmem={most}M"
                         : $"{options.MemoryMegabytes}",
                     "-kernel", GuestImage.Current.Kernel, "-initrd", GuestImage.Current.RootFileSystem,
                     "-append", $"console={GuestArchitecture.Current.Console} quiet panic=-1",
                     "-serial", $"file:{ConsoleFile}",
                     "-chardev", Listener(SerialChannel), .. GuestArchitecture.Current.SerialArguments,
                     "-chardev", Listener(MonitorChannel), "-mon", $"chardev={MonitorChannel},mode=control",
                     "-device", "virtio-serial-pci",
                     "-chardev", Listener(ControlChannel), "-device", $"virtserialport,chardev={ControlChannel},name=qga.control",
                     "-chardev", Listener(AgentChannel),
                     "-device", $"virtserialport,id={AgentPortId},chardev={AgentChannel},name={AgentPort}",
                 ])
        {
            yield return argument;
        }

        for (var disk = 0; disk < options.Disks.Count; disk++)
        {
            yield return "-drive";
            yield return $"if=none,id=disk{disk},format=raw,discard=unmap,file={options.Disks[disk]}";
            yield return "-device";
            yield return $"virtio-blk-pci,drive=disk{disk},serial=disk{disk}";
        }

        foreach (var argument in options.QemuArguments)
            yield return argument;
    }

    private string Listener(string channel) => $"socket,id={channel},server=on,wait=off,path={SocketOf(channel)}";

    private string SocketOf(string channel) => Path.Combine(_scratch, channel);

    private async Task<NetworkStream> ConnectAsync(string channel)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketOf(channel)));
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException failure)
            {
                socket.Dispose();
                if (_qemu.HasExited)
                    throw new InvalidOperationException($"QEMU ended: {await _qemu.StandardError.ReadToEndAsync()}", failure);
                if (Stopwatch.GetElapsedTime(started) > Patience)
                    throw;
                await Task.Delay(10);                           // QEMU has just been started
            }
        }
    }

    private async Task<string> ReadControlLineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        var next = new byte[1];
        while (true)
        {
            await _control.ReadExactlyAsync(next, cancellation);
            if (next[0] == '\n')
                return line.ToString();
            line.Append((char)next[0]);
        }
    }

    private async Task<T> WithPatience<T>(Func<CancellationToken, Task<T>> wait, string purpose)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await wait(patience.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            throw new InvalidOperationException($"the guest failed {purpose}\n--- its console:\n{Console}", failure);
        }
    }
}
