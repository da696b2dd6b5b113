using System.Text;
using Newtonsoft.Json.Linq;
using Qga.Actors.Processes;
using Qga.Platform;
using Qga.Platform.Processes;

namespace Qga.Actors.Tests.Processes;

public sealed class GuestExecTests : ProcessesTest
{
    [Fact]
    public void Program_is_started_as_it_was_asked_for()
    {
        var start = Exec(
            StartAgent(),
            """{"path": "cat", "arg": ["-n", ""], "env": ["A=1"], "input-data": "aGVsbG8=\n", "capture-output": "merged"}""").Start;

        Assert.Equal(
            ("cat", "A=1", "hello", OutputCapture.Merged), (
                start.Path, Assert.Single(start.Environment!), Encoding.UTF8.GetString(start.Input!.Value.Span), start.Capture));
        Assert.Equal(["-n", ""], start.Arguments);
        Assert.Equal("""guest-exec called: "cat -n " """.TrimEnd(), Audit.Lines[0]);
    }

    [Fact]
    public void What_is_not_given_is_the_agents_own()
    {
        var start = Exec(StartAgent(), "{'path': 'x'}").Start;
        Assert.Null(start.Environment);
        Assert.Null(start.Input);
        Assert.Empty(start.Arguments);
        Assert.Equal(OutputCapture.None, start.Capture);
    }

    [Fact]
    public void Empty_input_and_environment_are_not_the_agents_own()
    {
        var start = Exec(StartAgent(), "{'path': 'x', 'env': [], 'input-data': ''}").Start;
        Assert.Equal((0, 0), (start.Environment!.Count, start.Input!.Value.Length));
    }

    [Theory]
    [InlineData("true", OutputCapture.Separated)]
    [InlineData("false", OutputCapture.None)]
    [InlineData("'none'", OutputCapture.None)]
    [InlineData("'stdout'", OutputCapture.Stdout)]
    [InlineData("'stderr'", OutputCapture.Stderr)]
    [InlineData("'separated'", OutputCapture.Separated)]
    [InlineData("'merged'", OutputCapture.Merged)]
    public void Output_is_captured_as_told(string value, OutputCapture capture) =>
        Assert.Equal(capture, Exec(StartAgent(), $"{{'path': 'x', 'capture-output': {value}}}").Start.Capture);

    [Theory]
    [InlineData("{}", "Parameter 'path' is missing")]
    [InlineData("{'path': 1}", "Invalid parameter type for 'path', expected: string")]
    [InlineData("{'path': 'x', 'arg': 'y'}", "Invalid parameter type for 'arg', expected: array")]
    [InlineData("{'path': 'x', 'arg': ['y', 1]}", "Invalid parameter type for 'arg[1]', expected: string")]
    [InlineData("{'path': 'x', 'env': [null]}", "Invalid parameter type for 'env[0]', expected: string")]
    [InlineData("{'path': 'x', 'capture-output': 'all'}", "Parameter 'capture-output' does not accept value 'all'")]
    [InlineData("{'path': 'x', 'capture-output': 1}", "Invalid parameter type for 'capture-output', expected: GuestExecCaptureOutput")]
    [InlineData("{'path': 'x', 'input-data': '*'}", "Base64 data contains invalid characters")]
    [InlineData("{'path': 'x', 'cwd': '/'}", "Parameter 'cwd' is unexpected")]
    public void Bad_argument_is_named(string arguments, string error)
    {
        Assert.Equal(error, ErrorOf(Ask(StartAgent(), "guest-exec", arguments)));
        Assert.Empty(Processes.All);
    }

    [Fact]
    public void Program_that_can_not_be_run_is_an_error()
    {
        Processes.Failure = new PlatformException("Failed to execute child process “x” (No such file or directory)");
        Assert.Equal(Processes.Failure.Message, ErrorOf(Ask(StartAgent(), "guest-exec", "{'path': 'x'}")));
    }

    [Fact]
    public void Only_so_many_run_at_once()
    {
        var agent = StartAgent();
        for (var count = 0; count < ProcessesActor.MostRunning; count++)
            Exec(agent);
        Assert.Equal(
            "guest-exec is refused: 128 processes run already, the most that are allowed",
            ErrorOf(Ask(agent, "guest-exec", "{'path': 'x'}")));

        Processes.All[5].Drain();
        Processes.All[5].Exit(0);
        EndOf(agent, Processes.All[5]);
        Exec(agent);
    }

    [Fact]
    public void Processes_that_outlive_others_are_counted_while_they_hold_on_to_output()
    {
        var agent = StartAgent();
        for (var count = 0; count < ProcessesActor.MostHeld; count++)
            Exec(agent).Exit(0);
        Testing.Eventually.True(() => Ask(agent, "guest-exec", "{'path': 'x'}").Contains("pid", StringComparison.Ordinal));
        var refusal = "";
        Testing.Eventually.True(
            () => (refusal = Ask(agent, "guest-exec", "{'path': 'x', 'capture-output': true}")).Contains("error", StringComparison.Ordinal));
        Assert.StartsWith("guest-exec is refused: 512 processes have ended whose children still hold their output", ErrorOf(refusal));
    }

    [Fact]
    public void Start_that_hangs_is_given_up_and_what_comes_of_it_is_nobodys()
    {
        var gate = new ManualResetEventSlim();
        Processes.Gate = gate;
        var agent = StartAgent();
        var exec = Send(agent, "guest-exec", "{'path': 'x'}");
        AwaitCondition(() => Processes.Begun == 1);
        Assert.Equal("guest-exec has not finished within 30 s", ErrorOf(AnswerOnceOverdue(exec, TimeSpan.FromSeconds(30))));

        gate.Set();
        Testing.Eventually.True(() => Processes.All.Count == 1);
        Processes.All[0].Drain();
        Processes.All[0].Exit(0);
        Testing.Eventually.True(() => Processes.All[0].IsForgotten);
    }

    [Fact]
    public void Frozen_guest_starts_nothing()
    {
        var answer = JObject.Parse(Ask(StartAgent(startsFrozen: true), "guest-exec", "{'path': 'x'}"));
        Assert.Equal("CommandNotFound", (string?)answer["error"]!["class"]);
        Assert.Empty(Processes.All);
    }
}
