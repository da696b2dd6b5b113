using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Client.Tests.Running;

/// <summary>A program and its agent, request by request, and the script that starts it.</summary>
public sealed class GuestProcessTests : IAsyncDisposable
{
    private readonly FakeAgent _agent = new();
    private readonly ScratchDirectory _scratch = new();

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        _scratch.Dispose();
    }

    [Fact]
    public async Task End_may_be_asked_for_from_several_places_at_once()
    {
        await using var guest = await _agent.ConnectAsync();
        var process = await StartAsync(guest);
        var (first, second, killed) = (process.WaitAsync(), process.WaitAsync(), process.KillAsync());
        Answer(await _agent.NextAsync("guest-exec-status"), new JObject { ["exited"] = true, ["exitcode"] = 3 });
        Assert.Equal(3, (await first.WaitAsync(Eventually.Patience)).ExitCode);
        Assert.Equal(3, (await second.WaitAsync(Eventually.Patience)).ExitCode);
        Assert.False(await killed.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Signal_may_be_sent_while_the_end_is_waited_for()
    {
        await using var guest = await _agent.ConnectAsync();
        var process = await StartAsync(guest);
        var (waiting, killing) = (process.WaitAsync(), process.KillAsync("KILL"));
        Answer(await _agent.NextAsync("guest-exec-status"), new JObject { ["exited"] = false });
        while (!waiting.IsCompleted || !killing.IsCompleted)
        {
            var next = _agent.NextAsync();
            while (!next.IsCompleted && !(waiting.IsCompleted && killing.IsCompleted))
            {
                _agent.Time.Advance(TimeSpan.FromMilliseconds(50));
                await Task.WhenAny(next, Task.WhenAll(waiting, killing), Task.Delay(1));
            }

            if (!next.IsCompleted)
                break;
            var request = await next;
            var command = (string)request["execute"]!;
            Answer(request, command == "guest-exec" ? new JObject { ["pid"] = 2 } : new JObject { ["exited"] = true, ["exitcode"] = 0 });
        }

        Assert.Equal(0, (await waiting).ExitCode);
    }

    [Theory]
    [InlineData(0, "sh: warning: setlocale: LC_ALL: cannot change locale")]
    [InlineData(127, "sh: warning: setlocale: LC_ALL: cannot change locale")]
    [InlineData(1, "qga-run: looks like ours")]
    public async Task Warning_of_the_shell_is_no_failure(int exitCode, string warning)
    {
        await using var guest = await _agent.ConnectAsync();
        var process = await StartAsync(guest);
        var waiting = process.WaitAsync();
        Answer(await _agent.NextAsync("guest-exec-status"), Ended(exitCode, warning + "\n"));
        Assert.Equal(exitCode, (await waiting.WaitAsync(Eventually.Patience)).ExitCode);
    }

    [Fact]
    public async Task Reason_why_it_was_not_started_is_told()
    {
        await using var guest = await _agent.ConnectAsync();
        var process = await StartAsync(guest);
        var waiting = process.WaitAsync();
        Answer(await _agent.NextAsync("guest-exec-status"), Ended(126, "mkdir: /tmp: Read-only file system\nqga-run: /tmp/x can't be made\n"));
        var failure = await Assert.ThrowsAsync<QgaGuestException>(() => waiting.WaitAsync(Eventually.Patience));
        Assert.Equal("sleep can't be run: mkdir: /tmp: Read-only file system; /tmp/x can't be made", failure.Message);
    }

    [Theory]
    [InlineData("{\"exited\": true}")]
    [InlineData("{\"exited\": true, \"exitcode\": 5000000000}")]
    [InlineData("{\"exited\": true, \"signal\": 0}")]
    public async Task End_that_is_none_is_no_success(string status)
    {
        await using var guest = await _agent.ConnectAsync();
        var process = await StartAsync(guest);
        var waiting = process.WaitAsync();
        Answer(await _agent.NextAsync("guest-exec-status"), JObject.Parse(status));
        await Assert.ThrowsAsync<QgaProtocolException>(() => waiting.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Script_that_ends_by_nothing_is_no_success()
    {
        await using var guest = await _agent.ConnectAsync();
        var run = GuestShell.RunAsync(guest, "true", [], default);
        await _agent.AnswerAsync("guest-exec", new JObject { ["pid"] = 1 });
        await _agent.AnswerAsync("guest-exec-status", new JObject { ["exited"] = true });
        await Assert.ThrowsAsync<QgaProtocolException>(() => run.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Input_that_does_not_end_ends_with_the_time_of_the_run()
    {
        await using var guest = await _agent.ConnectAsync();
        var input = new EndlessInput();
        var run = guest.RunAsync("cat", options: new RunOptions { Input = input, Timeout = TimeSpan.FromSeconds(5) });
        await input.Asked.Task.WaitAsync(Eventually.Patience);
        _agent.Time.Advance(TimeSpan.FromSeconds(5));
        await _agent.AnswerAsync("guest-exec", new JObject { ["pid"] = 1 });      // it removes what there may be
        await _agent.AnswerAsync("guest-exec-status", new JObject { ["exited"] = true, ["exitcode"] = 0 });
        var failure = await Assert.ThrowsAsync<QgaTimeoutException>(() => run.WaitAsync(Eventually.Patience));
        Assert.Equal("cat was not started within 5 s: its input has taken that long", failure.Message);
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_refused()
    {
        await using var guest = await _agent.ConnectAsync();
        RunOptions[] bad =
        [
            new() { Timeout = TimeSpan.Zero }, new() { Timeout = TimeSpan.FromDays(31) }, new() { KillGrace = TimeSpan.FromSeconds(-1) }, new() { MaxOutput = -1 },
            new() { Environment = new Dictionary<string, string> { ["a=b"] = "" } },
        ];
        foreach (var options in bad)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => guest.RunAsync("true", options: options));
            await Assert.ThrowsAsync<ArgumentException>(() => guest.StartAsync("true", options: options));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Program_that_nobody_wants_to_hear_of_any_more_is_ended(bool isKept)
    {
        await using var guest = await _agent.ConnectAsync();
        var run = guest.RunAsync(
            "yes", options: new RunOptions { MaxOutput = 3 },
            onOutput: isKept ? null : _ => throw new QgaGuestException("enough"));
        List<string> signals = [];
        var hasEnded = false;
        while (!run.IsCompleted)
        {
            var next = _agent.NextAsync();
            if (await Task.WhenAny(next, run) == run)
                break;
            var request = await next;
            var arguments = (JObject)request["arguments"]!;
            if ((string)request["execute"]! == "guest-exec" && (string)arguments["arg"]![^1]! is "TERM" or "KILL")
            {
                signals.Add((string)arguments["arg"]![^1]!);
                hasEnded = true;
            }

            Answer(request, (string)request["execute"]! switch
            {
                "guest-exec" => new JObject { ["pid"] = signals.Count + 1 },
                "guest-exec-status" => hasEnded ? new JObject { ["exited"] = true, ["exitcode"] = 0 } : new JObject { ["exited"] = false },
                "guest-file-open" => 1000,
                "guest-file-read" => new JObject { ["count"] = 4, ["buf-b64"] = Convert.ToBase64String("y\ny\n"u8), ["eof"] = false },
                _ => new JObject(),
            });
        }

        var failure = await Assert.ThrowsAsync<QgaGuestException>(() => run);
        Assert.Equal(isKept ? "yes has printed more than the 3 bytes that are kept (MaxOutput)" : "enough", failure.Message);
        Assert.Equal(["TERM"], signals);
    }

    [Theory]
    [InlineData("count", "2")]
    [InlineData("dir", "/nonexistent")]
    [InlineData("merge", "")]
    [InlineData("in", "/etc/passwd")]
    [InlineData("program", "false")]
    [InlineData("IFS", "/")]
    [InlineData("not-a-shell-name", "value")]
    [InlineData("PATH", "/nonexistent")]
    public void Variables_are_the_programs_alone(string name, string value)
    {
        var (exitCode, output) = Script("", "/usr/bin/printenv", $"{name}={value}", "/usr/bin/printenv", name);
        Assert.Equal((0, $"{value}\n"), (exitCode, output));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("/srv", "/srv")]
    [InlineData("-", "./-")]
    [InlineData("-P", "./-P")]
    [InlineData("srv", "./srv")]
    public async Task Directory_to_run_in_is_a_directory_whatever_its_name(string? directory, string place)
    {
        await using var guest = await _agent.ConnectAsync();
        var starting = guest.StartAsync("true", options: new RunOptions { WorkingDirectory = directory });
        var arguments = (JArray)(await _agent.AnswerAsync("guest-exec", new JObject { ["pid"] = 1 }))["arg"]!;
        Assert.Equal(place, (string?)arguments[4]);
        await starting.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public void Program_is_found_by_the_path_that_it_gets()
    {
        _scratch.WriteProgram("bin/mine", "#!/bin/sh\necho \"$1\"\n");
        var path = $"{_scratch.PathOf("bin")}:/usr/bin:/bin";
        Assert.Equal((0, "word\n"), Script(path, "mine", $"PATH={path}", "mine", "word"));
    }

    private (int ExitCode, string Output) Script(string path, string program, params string[] words)
    {
        var directory = _scratch.PathOf("run");
        string[] arguments = [directory, "", "", "", "merge", program, "env", path == "" && words[0].StartsWith("PATH=", StringComparison.Ordinal) ? words[0][5..] : path, .. words];
        var run = ProcessRun.Of("/bin/sh", GuestShell.Arguments(GuestProcess.Start, arguments));
        Assert.Equal("", run.Output + run.Error);
        return (run.ExitCode, File.ReadAllText(Path.Combine(directory, "out")));
    }

    private void Answer(JObject request, JToken value) => _agent.Answer(request, value);

    private static JObject Ended(int exitCode, string errors) =>
        new() { ["exited"] = true, ["exitcode"] = exitCode, ["err-data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(errors)) };

    private async Task<GuestProcess> StartAsync(GuestAgent guest)
    {
        var starting = guest.StartAsync("sleep", ["1000"]);
        await _agent.AnswerAsync("guest-exec", new JObject { ["pid"] = 1 });
        return await starting.WaitAsync(Eventually.Patience);
    }

    private sealed class EndlessInput : DuplexStream
    {
        internal TaskCompletionSource Asked { get; } = new();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
