using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Client.Tests.Connections;

/// <summary>Programs of a host that ask the agent, each as a shell script that says what the real one says.</summary>
public sealed class ProgramConnectionTests : IDisposable
{
    private const string Ping = "case \"$*\" in *guest-ping*) echo '{\"return\":{}}'; exit 0;; esac\n";
    private const string QmPing = "case \"$*\" in *' ping') exit 0;; esac\n";

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("Guest agent is not responding: guest agent didn't respond to command within '10' seconds")]
    [InlineData("Guest agent is not responding: Guest agent disappeared while executing command")]
    public async Task Silence_after_a_shutdown_is_a_success_by_virsh(string words)
    {
        await using var guest = await VirshAsync($"echo \"error: {words}\" >&2; exit 1");
        await guest.ShutdownAsync();
    }

    [Theory]
    [InlineData("Guest agent is not responding: guest agent didn't respond to synchronization within '5' seconds", true)]
    [InlineData("Guest agent is not responding: Guest agent not available for now", true)]
    [InlineData("Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainSnapshotCreateXML)", true)]
    [InlineData("failed to connect to the hypervisor\nerror: Cannot recv data: ssh: connect to host h port 22: Connection timed out: Connection reset by peer", false)]
    [InlineData("Guest agent is not responding: QEMU guest agent is not connected", false)]
    [InlineData("Domain disappeared", false)]
    public async Task Shutdown_that_may_not_have_left_is_no_success_by_virsh(string words, bool isTimeout)
    {
        await using var guest = await VirshAsync($"echo \"error: {words}\" >&2; exit 1");
        var failure = await Assert.ThrowsAnyAsync<QgaException>(() => guest.ShutdownAsync());
        Assert.Equal(isTimeout ? typeof(QgaTimeoutException) : typeof(QgaConnectionException), failure.GetType());
        failure = await Assert.ThrowsAnyAsync<QgaException>(() => guest.GetTimeAsync());
        Assert.EndsWith(words.Replace("\nerror: ", "; ", StringComparison.Ordinal), failure.Message, StringComparison.Ordinal);
        Assert.Equal(isTimeout ? typeof(QgaTimeoutException) : typeof(QgaConnectionException), failure.GetType());
    }

    [Theory]
    [InlineData("VM 101 qmp command 'guest-suspend-ram' failed - got timeout", null)]
    [InlineData("QEMU guest agent is not running", typeof(QgaConnectionException))]
    [InlineData("can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout", typeof(QgaTimeoutException))]
    [InlineData("unable to connect to VM 101 qga socket - timeout after 31 retries", typeof(QgaConnectionException))]
    public async Task Silence_of_a_guest_that_sleeps_is_a_success_by_qm(string words, Type? failure)
    {
        await using var guest = await QmAsync($"echo \"{words}\" >&2; exit 255");
        var asked = guest.SuspendRamAsync();
        if (failure is null)
            await asked;
        else
            Assert.IsType(failure, await Assert.ThrowsAnyAsync<QgaException>(() => asked));
    }

    [Fact]
    public async Task Request_that_waits_for_its_turn_is_not_started_once_the_connection_is_closed()
    {
        var guest = await VirshAsync($"echo \"$5\" >> {Path("asked")}; sleep 1000 & echo $! >> {Path("pid")}; wait");
        var first = guest.GetTimeAsync();
        var waiting = guest.FreezeAsync();
        Eventually.True(() => Lines("pid").Length == 1);
        await guest.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => first);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);

        // The program is ended with all that it has started, and no other was started.
        Eventually.True(() => ProcessStatus.State(int.Parse(Lines("pid")[0])) is null or 'Z');
        Assert.Single(Lines("asked"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => guest.PingAsync());
    }

    [Fact]
    public async Task Request_that_is_given_up_before_its_turn_is_not_started()
    {
        await using var guest = await VirshAsync($"echo \"$5\" >> {Path("asked")}; echo '{{\"return\":1}}'");
        await Assert.ThrowsAsync<OperationCanceledException>(() => guest.FreezeAsync(cancellationToken: new CancellationToken(canceled: true)));
        Assert.False(File.Exists(Path("asked")));
    }

    [Fact]
    public async Task Program_is_found_by_path_and_never_in_the_current_directory()
    {
        var name = $"qga-test-{Guid.NewGuid():n}";
        var here = System.IO.Path.GetFullPath(name);
        ProcessRun.Of("install", ["-m", "755", _scratch.Write("program", $"#!/bin/sh\ntouch {Path("ran")}\n"), here]);
        try
        {
            var failure = await Assert.ThrowsAsync<QgaConnectionException>(
                () => GuestAgent.ConnectAsync("virsh:vm1", new GuestAgentOptions { VirshProgram = name }));
            Assert.Equal($"{name} can't be run: there is no '{name}' in PATH", failure.Message);
            failure = await Assert.ThrowsAsync<QgaConnectionException>(() => GuestAgent.ConnectAsync($"exec:{name}"));
            Assert.Equal($"exec:{name}: there is no '{name}' in PATH", failure.Message);
        }
        finally
        {
            File.Delete(here);
        }

        Assert.False(File.Exists(Path("ran")));
    }

    [Fact]
    public async Task Password_that_everybody_could_see_is_refused()
    {
        var script = $"echo \"$5\" > {Path("asked")}; echo '{{\"return\":{{}}}}'";
        await using var guest = await VirshAsync(script);
        var failure = await Assert.ThrowsAsync<QgaUnsupportedException>(() => guest.SetUserPasswordAsync("root", "secret"u8.ToArray(), crypted: false));
        Assert.Contains("for everybody on this host to see", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path("asked")));
        await guest.SetUserPasswordAsync("root", "$6$x"u8.ToArray(), crypted: true);

        await using var bold = await VirshAsync(script, new GuestAgentOptions { AllowsPasswordsAsArguments = true });
        await bold.SetUserPasswordAsync("root", "secret"u8.ToArray(), crypted: false);
        Assert.Contains(Convert.ToBase64String("secret"u8), await File.ReadAllTextAsync(Path("asked")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_speak_utf_8_and_english()
    {
        await using var guest = await VirshAsync("echo \"{\\\"return\\\":{\\\"host-name\\\":\\\"$LC_ALL|${LANGUAGE-unset}\\\"}}\"");
        Assert.Equal("C.UTF-8|unset", (await guest.GetHostNameAsync()).HostName);
    }

    [Fact]
    public async Task Errors_without_an_end_are_cut()
    {
        await using var guest = await VirshAsync("echo 'error: first' >&2; seq 300000 >&2; exit 1");
        var failure = await Assert.ThrowsAsync<QgaConnectionException>(() => guest.GetTimeAsync());
        Assert.StartsWith("virsh:vm1: first", failure.Message, StringComparison.Ordinal);
        Assert.InRange(failure.Message.Length, 1, 20_000);

        failure = await Assert.ThrowsAsync<QgaConnectionException>(() => GuestAgent.ConnectAsync("exec:sh -c 'seq 300000 >&2; echo last >&2; exit 3'"));
        Assert.EndsWith("sh has ended with exit code 3: 299997; 299998; 299999; 300000; last", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_and_output_pass_qm_byte_by_byte()
    {
        // Each byte that a program has printed is a character for qm, which prints that as UTF-8.
        await using var guest = await QmAsync($$"""
            case "$*" in
                *exec-status*) printf '{"exited":1,"exitcode":0,"out-data":"\303\203\302\244\303\277","err-data":"12"}' ;;
                *) printf %s "${*##*-- }" > {{Path("words")}}; printf '{"pid":5}' ;;
            esac
            """);
        await guest.ExecAsync("/srv/ä", ["ö"]);
        Assert.Equal("/srv/ä ö", await File.ReadAllTextAsync(Path("words")));
        var status = await guest.ExecStatusAsync(5);
        Assert.Equal([0xC3, 0xA4, 0xFF], status.OutData);
        Assert.Equal("12"u8.ToArray(), status.ErrData);
    }

    [Theory]
    [InlineData("{\"exited\":1,\"exitcode\":0,\"out-data\":\"\\u0100\"}")]
    [InlineData("{\"exited\":1,\"exitcode\":0,\"out-data\":[]}")]
    [InlineData("[]")]
    [InlineData("{")]
    public async Task Status_that_is_none_is_an_error_by_qm(string status)
    {
        await using var guest = await QmAsync($"printf '%s' '{status}'");
        await Assert.ThrowsAsync<QgaProtocolException>(() => guest.ExecStatusAsync(5));
    }

    [Fact]
    public async Task Text_that_is_none_is_passed_to_no_program()
    {
        await using var guest = await QmAsync("exit 1");
        await Assert.ThrowsAsync<ArgumentException>(() => guest.ExecAsync("/a\uD800"));
        await Assert.ThrowsAsync<ArgumentException>(() => guest.ExecAsync("/a\0b"));
        await Assert.ThrowsAsync<ArgumentException>(() => guest.CallAsync("guest-exec", new JObject { ["path"] = new JObject() }));
        await Assert.ThrowsAsync<ArgumentException>(() => guest.CallAsync("guest-file-read", new JObject { ["handle"] = "one" }));
    }

    [Fact]
    public async Task Files_by_qm_are_as_those_of_an_agent_or_refused()
    {
        await using var guest = await LocalQmAsync();
        var path = Path("-file");
        var handle = await guest.FileOpenAsync(path, GuestFileMode.W);
        Assert.Equal(3, (await guest.FileWriteAsync(handle, "abcdef"u8.ToArray(), count: 3)).Count);
        Assert.Equal(3, (await guest.FileSeekAsync(handle, 0, GuestFileWhence.Cur)).Position);
        await guest.FileWriteAsync(handle, "def"u8.ToArray());
        await guest.FileSeekAsync(handle, 1, GuestFileWhence.Set);
        Assert.Contains("at its end alone", (await Refused(() => guest.FileWriteAsync(handle, "x"u8.ToArray()))).Description, StringComparison.Ordinal);
        Assert.Equal("value '7' is invalid for argument count", (await Refused(() => guest.FileWriteAsync(handle, "x"u8.ToArray(), count: 7))).Description);
        Assert.Contains("Bad file descriptor", (await Refused(() => guest.FileReadAsync(handle))).Description, StringComparison.Ordinal);
        await guest.FileCloseAsync(handle);
        Assert.Equal("abcdef", await File.ReadAllTextAsync(path));

        handle = await guest.FileOpenAsync(path, GuestFileMode.A);
        await guest.FileWriteAsync(handle, "gh"u8.ToArray());
        Assert.Equal(8, (await guest.FileSeekAsync(handle, 0, GuestFileWhence.Cur)).Position);

        handle = await guest.FileOpenAsync(path, GuestFileMode.R);
        Assert.Contains("Bad file descriptor", (await Refused(() => guest.FileWriteAsync(handle, "x"u8.ToArray()))).Description, StringComparison.Ordinal);
        await guest.FileSeekAsync(handle, 2, GuestFileWhence.Set);
        Assert.Equal("cd"u8.ToArray(), (await guest.FileReadAsync(handle, 2)).Data);
        Assert.Equal("abcdefgh", await File.ReadAllTextAsync(path));

        async Task<QgaCommandException> Refused(Func<Task> asked) => await Assert.ThrowsAsync<QgaCommandException>(asked);
    }

    [Theory]
    [InlineData("sh: warning: setlocale: LC_ALL: cannot change locale (de_DE.UTF-8)", true)]
    [InlineData("tail: error writing 'standard output': Broken pipe", true)]
    [InlineData("tail: error reading '/file': Input/output error", false)]
    public async Task Reading_a_file_by_qm_fails_when_a_program_of_it_does(string words, bool isRead)
    {
        await using var guest = await QmAsync($"printf '%s' \"{{\\\"exited\\\":1,\\\"exitcode\\\":0,\\\"out-data\\\":\\\"AAE=\\\",\\\"err-data\\\":\\\"{words}\\\"}}\"");
        var handle = await guest.FileOpenAsync("/file");
        if (isRead)
            Assert.Equal([0, 1], (await guest.FileReadAsync(handle)).Data);
        else
            Assert.Equal($"failed to read file: {words}", (await Assert.ThrowsAsync<QgaCommandException>(() => guest.FileReadAsync(handle))).Description);
    }

    [Fact]
    public async Task Name_of_a_file_by_qm_may_begin_as_an_option()
    {
        await using var guest = await LocalQmAsync($"cd {_scratch.Root}; ");
        await File.WriteAllTextAsync(Path("-c1"), "content");
        var handle = await guest.FileOpenAsync("-c1");
        Assert.Equal("content"u8.ToArray(), (await guest.FileReadAsync(handle)).Data);
    }

    [Fact]
    public async Task Reading_a_file_by_qm_takes_as_long_as_the_request_may()
    {
        await using var guest = await QmAsync($$"""echo "$*" >> {{Path("asked")}}; printf '{"exited":1,"exitcode":0}'""");
        await guest.Within(TimeSpan.FromSeconds(7)).FileOpenAsync("/file");
        Assert.Contains("--timeout 7 ", await File.ReadAllTextAsync(Path("asked")), StringComparison.Ordinal);
    }

    private string Path(string name) => _scratch.PathOf(name);

    private string[] Lines(string name) => File.Exists(Path(name)) ? [.. File.ReadAllText(Path(name)).Split('\n')[..^1]] : [];

    private Task<GuestAgent> VirshAsync(string script, GuestAgentOptions? options = null) => GuestAgent.ConnectAsync(
        "virsh:vm1", (options ?? new()) with { VirshProgram = _scratch.WriteProgram($"virsh-{Guid.NewGuid():n}", $"#!/bin/sh\n{Ping}{script}\n") });

    private Task<GuestAgent> QmAsync(string script) => GuestAgent.ConnectAsync(
        "qm:101", new GuestAgentOptions { QmProgram = _scratch.WriteProgram($"qm-{Guid.NewGuid():n}", $"#!/bin/sh\n{QmPing}{script}\n") });

    /// <summary>A qm whose guest is this machine: it runs what it is told to at once.</summary>
    private Task<GuestAgent> LocalQmAsync(string before = "") => QmAsync($$"""
        {{before}}while [ "$1" != -- ]; do shift; done
        shift
        out=$("$@" 2> {{Path("errors")}})
        printf '{"exited":1,"exitcode":%d,"out-data":"%s","err-data":"%s"}' $? "$out" "$(tr -d '\n"' < {{Path("errors")}})"
        """);
}
