using System.Globalization;
using System.IO.Pipes;
using System.Text;
using Qga.Testing;

namespace Qga.Client.Tests.Agents;

/// <summary>Programs in guests with real agents.</summary>
public class RunTests
{
    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("trixie")]
    [Agent("bookworm")]
    public async Task Program_runs_to_its_end(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var run = await RunAsync(guest, "echo out; echo err >&2; exit 3");

        Assert.Equal(new GuestExit(3, null), run.Exit);
        Assert.Equal(("out\n", "err\n"), Texts(run));
        AssertGone(guest);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("trixie")]
    [Agent("bookworm")]
    public async Task Output_is_heard_while_the_program_runs(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var go = guest.PathOf("go");
        var heard = new StringBuilder();
        var run = await guest.Agent.RunAsync(
            "/bin/sh", ["-c", $"echo first; until [ -e {go} ]; do sleep 0.01; done; echo second >&2"], Scratch(guest),
            chunk =>
            {
                heard.Append(chunk.Kind).Append(':').Append(Encoding.UTF8.GetString(chunk.Data.Span));
                File.WriteAllText(go, "");
            });

        Assert.Equal("Output:first\nError:second\n", heard.ToString());
        Assert.Equal((new GuestExit(0, null), 0, 0), (run.Exit, run.Output.Length, run.Errors.Length));
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Signal_that_has_ended_it_is_told(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var run = await RunAsync(guest, "kill -9 $$");

        Assert.Equal(new GuestExit(null, 9), run.Exit);
        Assert.Equal(137, run.Exit.ShellCode);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("bookworm")]
    public async Task Live_input_is_read_while_it_comes(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        using var source = new AnonymousPipeServerStream(PipeDirection.Out);
        await using var input = new AnonymousPipeClientStream(PipeDirection.In, source.ClientSafePipeHandle);
        var heard = new StringBuilder();
        var large = new string('x', 100_000);
        await source.WriteAsync("first\n"u8.ToArray());
        string[] script = ["-c", "read line; echo \"got $line\"; read line; echo \"and $line\"; cat; exit 3"];
        var run = await guest.Agent.RunAsync("/bin/sh", script, Scratch(guest) with { Input = input, LiveInput = true }, chunk =>
        {
            var before = heard.ToString();
            heard.Append(Encoding.UTF8.GetString(chunk.Data.Span));
            if (!before.Contains("got first\n", StringComparison.Ordinal) && heard.ToString().Contains("got first\n", StringComparison.Ordinal))
                source.Write("second\n"u8);
            if (!before.Contains("and second\n", StringComparison.Ordinal) && heard.ToString().Contains("and second\n", StringComparison.Ordinal))
                _ = Task.Run(() => { source.Write(Encoding.UTF8.GetBytes(large)); source.Dispose(); });
        });

        Assert.Equal(3, run.Exit.ExitCode);
        Assert.Equal($"got first\nand second\n{large}", heard.ToString());
        AssertGone(guest);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("bookworm")]
    public async Task Program_that_does_not_read_its_live_input_ends_before_it(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        using var source = new AnonymousPipeServerStream(PipeDirection.Out);
        await using var input = new AnonymousPipeClientStream(PipeDirection.In, source.ClientSafePipeHandle);
        var run = await guest.Agent.RunAsync("/bin/sh", ["-c", "echo done; exit 4"], Scratch(guest) with { Input = input, LiveInput = true });
        Assert.Equal((4, "done\n"), (run.Exit.ExitCode!.Value, Texts(run).Item1));
        AssertGone(guest);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Signals_are_sent_while_output_is_read(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        await using var process = await guest.Agent.StartAsync(
            "/bin/sh", ["-c", "trap 'echo usr' USR1; trap 'exit 5' TERM; echo on; while :; do sleep 0.01; done"], Scratch(guest));
        List<Task<bool>> kills = [];
        var heard = 0;
        await foreach (var chunk in process.ReadOutputAsync())
        {
            // Several that ask for the end at once ask the agent once.
            heard++;
            if (kills.Count == 0)
                kills.AddRange(Enumerable.Range(0, 20).Select(_ => process.KillAsync("USR1")));
            else if (kills.Count == 20 && Encoding.UTF8.GetString(chunk.Data.Span).Contains("usr", StringComparison.Ordinal))
                kills.Add(process.KillAsync("TERM"));
        }

        await Task.WhenAll(kills);
        Assert.Equal(new GuestExit(5, null), process.Exit);
        Assert.True(heard >= 2);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("bookworm")]
    public async Task Input_of_any_size_is_read(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        foreach (var size in new[] { 0, 1, 32 << 10, (32 << 10) + 1, 3_000_000 })
        {
            var (_, content) = guest.Random("input", size);
            File.Delete(guest.PathOf("input"));
            var run = await guest.Agent.RunAsync("cat", options: Scratch(guest) with { Input = new MemoryStream(content) });
            Assert.Equal(content, run.Output);
            AssertGone(guest);
        }
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task More_output_than_an_agent_keeps_is_told_whole(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var run = await RunAsync(guest, "head -c 20000000 /dev/zero");

        Assert.Equal(20_000_000, run.Output.Length);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Environment_and_directory_are_as_they_were_given(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var options = Scratch(guest) with
        {
            Environment = new Dictionary<string, string> { ["ONE"] = "1 'x' $HOME", ["EMPTY"] = "" },
            WorkingDirectory = "/usr",
            MergeErrors = true,
        };
        var run = await guest.Agent.RunAsync("/bin/sh", ["-c", "pwd; echo \"$ONE\" >&2; echo \"${EMPTY-unset}|${PATH:+path}\""], options);

        Assert.Equal(("/usr\n1 'x' $HOME\n|path\n", ""), Texts(run));
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Arguments_arrive_as_they_are(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        string[] words = ["a b", "", "-n", "$(id)", "'\"\\", "\n", "ä😀"];
        var run = await guest.Agent.RunAsync("printf", ["[%s]", .. words], Scratch(guest));

        Assert.Equal(string.Concat(words.Select(word => $"[{word}]")), Encoding.UTF8.GetString(run.Output));
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Program_that_can_not_be_started_is_an_error(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        var failure = await Assert.ThrowsAsync<QgaGuestException>(() => guest.Agent.RunAsync("/none/such", options: Scratch(guest)));
        Assert.Equal("/none/such can't be run: /none/such: not found", failure.Message);

        failure = await Assert.ThrowsAsync<QgaGuestException>(() => guest.Agent.RunAsync("true", options: Scratch(guest) with { WorkingDirectory = "/none" }));
        Assert.Contains("/none", failure.Message, StringComparison.Ordinal);
        AssertGone(guest);
    }

    [Fact]
    public async Task Start_that_is_refused_leaves_nothing_of_its_input()
    {
        await using var guest = await RealGuest.StartAsync(AgentAttribute.Ours);
        await Assert.ThrowsAsync<QgaCommandException>(() => guest.Agent.RunAsync("cat", ["a\0b"], Scratch(guest) with { Input = new MemoryStream(new byte[100_000]) }));
        AssertGone(guest);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Run_that_is_given_up_ends_the_program_and_what_it_has_started(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        using var cancel = new CancellationTokenSource();
        var pids = "";
        var failure = await Assert.ThrowsAsync<GuestRunCanceledException>(() => guest.Agent.RunAsync(
            "/bin/sh", ["-c", "sleep 1000 & echo $$ $!; wait"], Scratch(guest),
            chunk =>
            {
                pids = Encoding.UTF8.GetString(chunk.Data.Span);
                cancel.Cancel();
            },
            cancel.Token));

        Assert.False(failure.StillRuns);
        Assert.Equal(cancel.Token, failure.CancellationToken);
        foreach (var pid in Numbers(pids))
            Eventually.True(() => ProcessStatus.State(pid) is null or 'Z');
        AssertGone(guest);
        await guest.Agent.PingAsync();
    }

    [Fact]
    public async Task Program_that_ignores_the_first_signal_gets_another()
    {
        await using var guest = await RealGuest.StartAsync(AgentAttribute.Ours);
        var pid = 0;
        using var cancel = new CancellationTokenSource();
        var options = Scratch(guest) with { KillGrace = TimeSpan.FromMilliseconds(100) };
        await Assert.ThrowsAsync<GuestRunCanceledException>(() => guest.Agent.RunAsync(
            "/bin/sh", ["-c", "trap '' TERM; echo $$; while :; do sleep 0.1; done"], options,
            chunk =>
            {
                pid = Numbers(Encoding.UTF8.GetString(chunk.Data.Span))[0];
                cancel.Cancel();
            },
            cancel.Token));

        Eventually.True(() => ProcessStatus.State(pid) is null or 'Z');
    }

    [Fact]
    public async Task Program_may_run_on_when_its_run_is_given_up()
    {
        await using var guest = await RealGuest.StartAsync(AgentAttribute.Ours);
        using var cancel = new CancellationTokenSource();
        var failure = await Assert.ThrowsAsync<GuestRunCanceledException>(() => guest.Agent.RunAsync(
            "/bin/sh", ["-c", "echo on; exec sleep 1000"], Scratch(guest) with { KillOnCancel = false }, _ => cancel.Cancel(), cancel.Token));

        Assert.True(failure.StillRuns);
        Assert.EndsWith($"it runs on in the guest, as process {failure.Pid}", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(ProcessStatus.State((int)failure.Pid));
        ProcessRun.Of("kill", ["-KILL", failure.Pid.ToString(CultureInfo.InvariantCulture)]);
    }

    [Fact]
    public async Task Program_whose_output_nobody_can_hear_is_ended()
    {
        await using var guest = await RealGuest.StartAsync(AgentAttribute.Ours);
        var pid = 0;
        await Assert.ThrowsAsync<IOException>(() => guest.Agent.RunAsync("/bin/sh", ["-c", "echo $$; exec sleep 1000"], Scratch(guest), chunk =>
        {
            pid = Numbers(Encoding.UTF8.GetString(chunk.Data.Span))[0];
            throw new IOException("Broken pipe");
        }));

        Assert.True(ProcessStatus.State(pid) is null or 'Z');
        AssertGone(guest);
    }

    [Fact]
    public async Task Program_that_takes_too_long_is_ended()
    {
        await using var guest = await RealGuest.StartAsync(AgentAttribute.Ours);
        var failure = await Assert.ThrowsAsync<QgaTimeoutException>(
            () => guest.Agent.RunAsync("sleep", ["1000"], Scratch(guest) with { Timeout = TimeSpan.FromMilliseconds(200) }));

        Assert.Equal("sleep has not ended within 0.2 s: it was ended", failure.Message);
    }

    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    public async Task Process_is_read_from_waited_for_and_sent_signals(string agent)
    {
        await using var guest = await RealGuest.StartAsync(agent);
        await using var process = await guest.Agent.StartAsync("/bin/sh", ["-c", "trap 'echo bye; exit 5' INT; echo hi; while :; do sleep 0.01; done"], Scratch(guest));
        List<string> heard = [];
        await foreach (var chunk in process.ReadOutputAsync())
        {
            heard.Add(Encoding.UTF8.GetString(chunk.Data.Span));
            if (heard.Count == 1)
                Assert.True(await process.KillAsync("INT"));
        }

        Assert.Equal(["hi\n", "bye\n"], heard);
        Assert.Equal(new GuestExit(5, null), await process.WaitAsync());
        Assert.False(await process.KillAsync());
    }

    [Fact]
    public async Task Guest_that_runs_no_programs_says_so()
    {
        await using var guest = await RealGuest.StartAsync(AgentAttribute.Ours, "-b", "guest-exec");
        Assert.True((await Assert.ThrowsAsync<QgaCommandException>(() => guest.Agent.RunAsync("true"))).IsUnavailable);
    }

    private static RunOptions Scratch(RealGuest guest) => new() { ScratchDirectory = guest.PathOf("") };

    private static Task<GuestRunResult> RunAsync(RealGuest guest, string script) => guest.Agent.RunAsync("/bin/sh", ["-c", script], Scratch(guest));

    private static (string Output, string Errors) Texts(GuestRunResult run) => (Encoding.UTF8.GetString(run.Output), Encoding.UTF8.GetString(run.Errors));

    private static int[] Numbers(string text) => [.. text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];

    private static void AssertGone(RealGuest guest)
    {
        Assert.Empty(guest.Names);
        Assert.Empty(guest.Open);
    }
}
