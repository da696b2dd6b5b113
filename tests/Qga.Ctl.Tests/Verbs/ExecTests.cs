using System.Runtime.InteropServices;
using Newtonsoft.Json.Linq;
using Qga.Testing;
using Signals = Qga.Ctl.Interruption.Signals;

namespace Qga.Ctl.Tests.Verbs;

/// <summary>exec with real agents, as far as it takes neither signals nor a terminal.</summary>
public class ExecTests
{
    [Theory]
    [Agent("qga")]
    [Agent("sid")]
    [Agent("bookworm")]
    public async Task Program_runs_as_if_it_ran_here(string name)
    {
        using var agent = AgentAttribute.Start(name);
        var run = await ToolRun.WithInputAsync(
            "in"u8.ToArray(), "exec", "-e", "NAME=a b", "-C", agent.ScratchDirectory, agent.SocketPath, "--", "sh", "-c", "cat; echo \" $NAME $1\"; pwd >&2; exit 7", "sh", "--json");
        Assert.Equal((7, "in a b --json\n", $"{agent.ScratchDirectory}\n"), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public async Task Options_behind_the_program_are_its_own()
    {
        using var agent = new PublishedAgent();
        Assert.Equal("a -n --json --", (await ToolRun.OfAsync("exec", agent.SocketPath, "printf", "%s %s %s %s", "a", "-n", "--json", "--")).Output);
    }

    [Fact]
    public async Task Bytes_are_as_they_are()
    {
        using var agent = new PublishedAgent();
        var run = await ToolRun.OfAsync("exec", agent.SocketPath, "printf", @"\033[2J\377\000");
        Assert.Equal([0x1B, (byte)'[', (byte)'2', (byte)'J', 0xFF, 0], run.OutputBytes);
    }

    [Theory]
    [Agent("qga")]
    [Agent("bookworm")]
    public void Input_that_never_ends_holds_up_nobody(string name)
    {
        using var agent = AgentAttribute.Start(name);
        using var tool = new PublishedTool(["exec", agent.SocketPath, "--", "sh", "-c", "echo on; read line; echo \"got $line\"; exit 5"]);
        tool.AwaitOutput("on\n");
        tool.Type("a line\n");
        Assert.Equal((5, "on\ngot a line\n", ""), (tool.WaitForExit(), tool.Output, tool.Error));
    }

    [Fact]
    public async Task Ends_are_handed_on()
    {
        using var agent = new PublishedAgent();
        Assert.Equal(137, (await ToolRun.OfAsync("exec", agent.SocketPath, "--", "sh", "-c", "kill -9 $$")).ExitCode);
        var gone = await ToolRun.OfAsync("exec", agent.SocketPath, "no-such-program");
        Assert.Equal((127, "qgactl: no-such-program can't be run: no-such-program: not found\n"), (gone.ExitCode, gone.Error));
        Assert.Equal(255, (await ToolRun.OfAsync("exec", "unix:/none/such", "true")).ExitCode);
        Assert.Equal(2, (await ToolRun.OfAsync("exec", "unix:/none/such", "--", "-x")).ExitCode);
        Assert.Equal(2, (await ToolRun.OfAsync("exec", "-e", "=x", "unix:/none/such", "true")).ExitCode);
    }

    [Fact]
    public async Task Program_is_ended_in_time()
    {
        using var agent = new PublishedAgent();
        var run = await ToolRun.OfAsync("exec", "--limit", "0.2", agent.SocketPath, "--", "sleep", "1000");
        Assert.Equal((124, "qgactl: sleep was ended after 0.2 s\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Interrupts_get_further_each_time()
    {
        using var agent = new PublishedAgent();
        using var signals = new Signals();
        using var output = new MemoryStream();
        var run = ToolRun.OfAsync(signals, output, [], "exec", agent.SocketPath, "--", "sh", "-c", "trap 'echo INT' INT; trap 'echo TERM' TERM; echo on; while :; do sleep 0.02; done");
        AwaitOutput(output, "on\n");
        signals.Receive(PosixSignal.SIGINT);
        AwaitOutput(output, "INT\n");
        signals.Receive(PosixSignal.SIGINT);
        AwaitOutput(output, "TERM\n");
        signals.Receive(PosixSignal.SIGINT);
        Assert.Equal(137, (await run).ExitCode);
    }

    [Fact]
    public async Task Fourth_interrupt_leaves_the_program_to_itself_and_says_so()
    {
        using var agent = new PublishedAgent();
        using var signals = new Signals();
        using var output = new MemoryStream();
        var run = ToolRun.OfAsync(signals, output, [], "exec", agent.SocketPath, "--", "sh", "-c", "echo on $$; exec sleep 1000");
        AwaitOutput(output, "on ");
        AwaitOutput(output, "\n");
        var pid = int.Parse(TextOf(output).Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        Signal.Stop.Send(agent.Pid);
        try
        {
            for (var count = 0; count < 4; count++)
                signals.Receive(PosixSignal.SIGINT);
            var left = await run;
            Assert.Equal((130, $"qgactl: sh runs on in the guest, as process {pid}\n"), (left.ExitCode, left.Error));
        }
        finally
        {
            Signal.Continue.Send(agent.Pid);
            Signal.Kill.TrySend(pid);
        }
    }

    [Fact]
    public async Task Json_has_a_line_for_each_piece()
    {
        using var agent = new PublishedAgent();
        var run = await ToolRun.OfAsync("exec", "--json", agent.SocketPath, "--", "sh", "-c", @"printf 'a\033'; printf '\377' >&2; kill -15 $$");
        var lines = run.Output.TrimEnd('\n').Split('\n').Select(JObject.Parse).ToList();
        Assert.Equal((143, ""), (run.ExitCode, run.Error));
        Assert.Equal("a\u001b", (string?)lines.Single(line => line["stdout"] is not null)["stdout"]);
        Assert.Equal("/w==", (string?)lines.Single(line => line["stderrBase64"] is not null)["stderrBase64"]);
        Assert.Equal("""{"exitCode":null,"signal":15}""", run.Output.TrimEnd('\n').Split('\n')[^1]);
    }

    private static void AwaitOutput(MemoryStream output, string text) => Eventually.True(() => TextOf(output).Contains(text, StringComparison.Ordinal), text);

    private static string TextOf(MemoryStream output) => System.Text.Encoding.UTF8.GetString(output.ToArray());
}
