using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Client.Tests.Agents;

/// <summary>Every way to a guest, each with the limits that it has.</summary>
public sealed class WayTests : IDisposable
{
    private readonly PublishedAgent _agent = new();
    private readonly HostPrograms _programs;

    public WayTests() => _programs = new HostPrograms(_agent.SocketPath);

    public static TheoryData<string> Ways => ["unix:{SOCKET}", "exec:socat - UNIX-CONNECT:{SOCKET}", "virsh:vm1", "virsh+qemu:///system:vm1", "qm:101"];

    private string Folder => _agent.ScratchDirectory;

    public void Dispose()
    {
        _programs.Dispose();
        _agent.Dispose();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Commands_are_answered(string way)
    {
        await using var guest = await ConnectAsync(way);
        await guest.PingAsync();
        Assert.Equal(Environment.MachineName, (await guest.GetHostNameAsync()).HostName.Split('.')[0]);
        Assert.Contains((await guest.InfoAsync()).SupportedCommands, command => command.Name == "guest-ping");
        Assert.Equal(FreezeStatus.Thawed, await guest.GetFreezeStatusAsync());
        Assert.InRange(await guest.GetTimeAsync(), DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeMilliseconds() * 1_000_000, long.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Errors_of_the_agent_are_its_own(string way)
    {
        await using var guest = await ConnectAsync(way);
        var failure = await Assert.ThrowsAsync<QgaCommandException>(() => guest.ExecStatusAsync(1));
        Assert.Equal(("guest-exec-status", "GenericError", "PID 1 does not exist"), (failure.Command, failure.Class, failure.Description));

        var gone = await Assert.ThrowsAsync<QgaCommandException>(() => guest.FileOpenAsync("/none/such"));
        Assert.Contains("failed to open file '/none/such' (mode: 'r')", gone.Description, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Files_go_there_and_come_back(string way)
    {
        await using var guest = await ConnectAsync(way);
        var content = new byte[3_500_000];
        Random.Shared.NextBytes(content);
        using var source = new MemoryStream(content);
        await guest.Files.UploadAsync(source, _agent.PathOf("there"));
        Assert.Equal(content, await File.ReadAllBytesAsync(_agent.PathOf("there")));

        var back = await guest.Files.DownloadAsync(_agent.PathOf("there"), _agent.PathOf("back"));
        Assert.Equal(TransferVerification.InGuest, back.Verification);
        Assert.Equal(content, await File.ReadAllBytesAsync(_agent.PathOf("back")));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Programs_run_with_input_and_output(string way)
    {
        await using var guest = await ConnectAsync(way);
        var input = Encoding.UTF8.GetBytes(new string('ä', 100_000));
        using var stream = new MemoryStream(input);
        var run = await guest.RunAsync("/bin/sh", ["-c", "cat; echo err >&2; exit 4"], new RunOptions { Input = stream, ScratchDirectory = Folder });

        Assert.Equal((4, "err\n"), (run.Exit.ShellCode, Encoding.UTF8.GetString(run.Errors)));
        Assert.Equal(input, run.Output);
    }

    [Fact]
    public async Task Virsh_is_refused_what_it_can_not_carry()
    {
        await using var guest = await ConnectAsync("virsh:vm1");
        var failure = await Assert.ThrowsAsync<QgaProtocolException>(() => guest.CallAsync("guest-ping", new JObject { ["x"] = new string('x', 128 << 10) }));
        Assert.Equal("guest-ping: the request takes 131117 bytes, and this way to the guest carries 131071", failure.Message);

        var handle = await guest.FileOpenAsync("/dev/zero");
        var refused = await Assert.ThrowsAsync<QgaConnectionException>(() => guest.FileReadAsync(handle, 4 << 20));
        Assert.Equal("virsh:vm1: Unable to encode message payload", refused.Message);
        await guest.FileCloseAsync(handle);
    }

    [Fact]
    public async Task Domain_or_libvirt_that_can_not_be_reached_is_a_connection_error()
    {
        var failure = await Assert.ThrowsAsync<QgaConnectionException>(() => ConnectAsync("virsh:vm2"));
        Assert.Equal("virsh:vm2: failed to get domain 'vm2'", failure.Message);
        failure = await Assert.ThrowsAsync<QgaConnectionException>(() => ConnectAsync("virsh+qemu+ssh://nowhere/system:vm1"));
        Assert.Contains("Could not resolve hostname nowhere", failure.Message, StringComparison.Ordinal);
        failure = await Assert.ThrowsAsync<QgaConnectionException>(() => ConnectAsync("qm:102"));
        Assert.Contains("does not exist", failure.Message, StringComparison.Ordinal);
        _agent.End(Signal.Terminate);
        failure = await Assert.ThrowsAsync<QgaConnectionException>(() => ConnectAsync("virsh:vm1"));
        Assert.EndsWith("QEMU guest agent is not connected", failure.Message, StringComparison.Ordinal);
        failure = await Assert.ThrowsAsync<QgaConnectionException>(() => ConnectAsync("qm:101"));
        Assert.EndsWith("QEMU guest agent is not running", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_of_the_host_that_is_not_there_is_named()
    {
        var options = new GuestAgentOptions { VirshProgram = "/none/virsh" };
        Assert.StartsWith("/none/virsh can't be run: ", (await Assert.ThrowsAsync<QgaConnectionException>(() => GuestAgent.ConnectAsync("virsh:vm1", options))).Message, StringComparison.Ordinal);
        Assert.StartsWith("exec:/none/socat x: ", (await Assert.ThrowsAsync<QgaConnectionException>(() => GuestAgent.ConnectAsync("exec:/none/socat x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_that_ends_tells_why()
    {
        var failure = await Assert.ThrowsAsync<QgaConnectionException>(() => GuestAgent.ConnectAsync("exec:sh -c 'echo Permission denied >&2; exit 255'"));
        Assert.Contains("sh has ended with exit code 255: Permission denied", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_ends_with_the_connection()
    {
        var guest = await ConnectAsync("exec:sh -c 'echo $$ > {FOLDER}/pid; exec socat - UNIX-CONNECT:{SOCKET}'");
        var pid = int.Parse(await File.ReadAllTextAsync(_agent.PathOf("pid")), System.Globalization.CultureInfo.InvariantCulture);
        Assert.NotNull(ProcessStatus.State(pid));
        await guest.DisposeAsync();
        Eventually.True(() => ProcessStatus.State(pid) is null or 'Z');
    }

    [Theory]
    [InlineData("guest-get-load", "{}")]
    [InlineData("guest-set-time", "{}")]
    [InlineData("guest-fsfreeze-freeze-list", "{\"mountpoints\": []}")]
    [InlineData("guest-fstrim", "{\"minimum\": 4096}")]
    [InlineData("guest-exec", "{\"path\": \"true\", \"env\": []}")]
    [InlineData("guest-exec", "{\"path\": \"true\", \"capture-output\": \"merged\"}")]
    public async Task Command_that_qm_has_no_word_for_is_refused(string command, string arguments)
    {
        await using var guest = await ConnectAsync("qm:101");
        var failure = await Assert.ThrowsAsync<QgaUnsupportedException>(() => guest.CallAsync(command, JObject.Parse(arguments)));
        Assert.Matches($"^qm:101: qm has no word for {command}.*; root on the node reaches every command by unix:/var/run/qemu-server/101.qga$", failure.Message);
    }

    [Fact]
    public async Task Agent_that_starts_anew_is_connected_to_again()
    {
        using var other = new ScratchDirectory();
        await using var guest = await ConnectAsync("unix:{SOCKET}");
        await guest.PingAsync();
        _agent.End(Signal.Terminate);
        await Assert.ThrowsAsync<QgaConnectionException>(() => guest.PingAsync());
        using var again = PublishedAgent.Start(other, "-m", "unix-listen", "-p", _agent.SocketPath);
        QmpClient.ConnectOnceListening(_agent.SocketPath, again).Dispose();
        await guest.PingAsync();
    }

    private Task<GuestAgent> ConnectAsync(string way) => GuestAgent.ConnectAsync(
        way.Replace("{SOCKET}", _agent.SocketPath, StringComparison.Ordinal).Replace("{FOLDER}", Folder, StringComparison.Ordinal), _programs.Options);
}
