using Akka.Actor;
using Akka.TestKit;
using Qga.Actors.Processes;
using Qga.Platform;
using Qga.Transport;

namespace Qga.Actors.Tests.Processes;

public sealed class GuestExecStatusTests : ProcessesTest
{
    [Fact]
    public void Process_runs_until_it_has_ended()
    {
        var agent = StartAgent();
        var process = Exec(agent);
        process.Print("so far");
        AssertRuns(agent, process);

        process.Print(" so good");
        process.Drain();
        process.Exit(3);
        Assert.Equal(
            """{"return": {"exited": true, "exitcode": 3, "out-data": "c28gZmFyIHNvIGdvb2Q=", "out-truncated": false}}""", EndOf(agent, process));
        Assert.Contains($"guest-exec-status called, pid: {process.Id}", Audit.Lines);
    }

    [Fact]
    public void End_that_comes_right_after_the_start_is_waited_for()
    {
        var agent = StartAgent();
        var process = ExecJustNow(agent);
        TestProbe[] askers = [SendStatus(agent, process), SendStatus(agent, process)];

        process.Drain();
        process.Exit(3);

        foreach (var asker in askers)
            Assert.Equal("{\"return\": {\"exited\": true, \"exitcode\": 3}}", AnswerTo(asker));
        Assert.Equal("{\"return\": {\"exited\": true, \"exitcode\": 3}}", Status(agent, process));
    }

    [Fact]
    public void Process_that_goes_on_is_said_to_run_after_a_moment()
    {
        var agent = StartAgent();
        var process = ExecJustNow(agent);
        var asker = SendStatus(agent, process);
        var other = ExecJustNow(agent);
        other.Drain();
        other.Exit(0);
        Status(agent, other);                                   // the first one was asked for before
        Assert.False(asker.HasMessages);

        Time.Advance(ProcessesActor.PromptTime);
        Assert.Equal(Running, AnswerTo(asker));
        AssertRuns(agent, process);
    }

    [Fact]
    public void Signal_that_ended_it_is_told_in_place_of_an_exit_code()
    {
        var agent = StartAgent();
        var process = Exec(agent);
        process.IsTruncated = true;
        process.Print("", error: "x");
        process.Drain();
        process.Die(9);
        Assert.Equal("""{"return": {"exited": true, "signal": 9, "err-data": "eA==", "err-truncated": true}}""", EndOf(agent, process));
    }

    [Fact]
    public void Child_that_outlives_it_holds_its_end_back_for_a_while_only()
    {
        var agent = StartAgent();
        var process = Exec(agent);
        process.Print("x");
        process.Exit(0);
        var other = Exec(agent);
        other.Drain();
        other.Exit(0);
        EndOf(agent, other);                                    // the first one's end has come before

        AssertRuns(agent, process);
        Assert.False(process.IsSealed);
        Time.Advance(ProcessesActor.DrainTime);
        Assert.Equal("""{"return": {"exited": true, "exitcode": 0, "out-data": "eA==", "out-truncated": false}}""", EndOf(agent, process));

        Assert.True(process.IsSealed);
        process.Drain();
        Assert.Contains("\"out-data\": \"eA==\"", Status(agent, process));
    }

    [Fact]
    public void Output_that_comes_to_its_end_first_holds_nothing_back()
    {
        var agent = StartAgent();
        var process = Exec(agent);
        process.Drain();
        AssertRuns(agent, process);
        process.Exit(0);
        Assert.Equal("""{"return": {"exited": true, "exitcode": 0}}""", EndOf(agent, process));
    }

    [Fact]
    public void End_can_be_asked_for_again_for_a_while()
    {
        var agent = StartAgent();
        var process = Ended(agent);
        var answer = EndOf(agent, process);
        Time.Advance(ProcessesActor.Retention - TimeSpan.FromSeconds(1));
        Assert.Equal(answer, Status(agent, process));

        Time.Advance(TimeSpan.FromSeconds(1));
        Testing.Eventually.True(() => process.IsForgotten);
        AssertUnknown(agent, process.Id);
    }

    [Fact]
    public void End_that_nobody_asked_for_is_kept()
    {
        var agent = StartAgent();
        var process = Exec(agent);
        process.Drain();
        process.Exit(7);
        Ask(agent, "guest-ping");
        Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal("""{"return": {"exited": true, "exitcode": 7}}""", EndOf(agent, process));
    }

    [Fact]
    public void Output_that_has_to_be_fetched_is_waited_for()
    {
        var agent = StartAgent();
        var process = Exec(agent);
        process.Hold = new TaskCompletionSource();
        process.Print("much");
        process.Drain();
        process.Exit(0);
        var client = Send(agent, "guest-exec-status", $"{{'pid': {process.Id}}}");
        process.Hold.SetResult();
        Assert.Equal("""{"return": {"exited": true, "exitcode": 0, "out-data": "bXVjaA==", "out-truncated": false}}""", AnswerTo(client));
    }

    [Fact]
    public void Output_that_is_lost_is_an_error_and_no_end_without_output()
    {
        var agent = StartAgent();
        var process = Exec(agent);
        process.Hold = new TaskCompletionSource();
        process.Hold.SetException(new PlatformException("its output is lost"));
        process.Drain();
        process.Exit(0);
        Assert.Equal("its output is lost", ErrorOf(EndOf(agent, process)));
    }

    [Fact]
    public void End_that_nobody_knows_is_an_error_that_says_so()
    {
        var agent = StartAgent();
        var process = Exec(agent);
        process.Drain();
        process.Lose("nobody knows how process 5000 has ended");
        Assert.Equal("nobody knows how process 5000 has ended", ErrorOf(EndOf(agent, process)));
        Time.Advance(ProcessesActor.Retention);
        Testing.Eventually.True(() => process.IsForgotten);
        AssertUnknown(agent, process.Id);
    }

    [Fact]
    public void What_an_agent_before_has_started_is_answered_for()
    {
        Processes.Before.Add(new FakeProcess(77, start: null!));
        Processes.Before.Add(new FakeProcess(78, start: null!) { WasFetched = true });
        var agent = StartAgent();
        AssertRuns(agent, Processes.Before[0]);
        foreach (var process in Processes.Before)
        {
            process.Drain();
            process.Exit(4);
            Assert.Equal("""{"return": {"exited": true, "exitcode": 4}}""", EndOf(agent, process));
        }
    }

    [Fact]
    public void End_that_an_agent_before_has_told_is_forgotten_after_a_while()
    {
        var process = new FakeProcess(78, start: null!) { WasFetched = true };
        Processes.Before.Add(process);
        process.Drain();
        process.Exit(0);
        var agent = StartAgent();
        AwaitHandled(agent, "processes");                       // its end is a message that its domain sends itself at its start
        EndOf(agent, process);
        Time.Advance(ProcessesActor.Retention);
        Testing.Eventually.True(() => process.IsForgotten);
        AssertUnknown(agent, process.Id);
    }

    [Fact]
    public void End_that_was_fetched_goes_when_memory_is_needed()
    {
        var agent = StartAgent();
        var process = Ended(agent);
        EndOf(agent, process);
        process.Evict!();
        AssertUnknown(agent, process.Id);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(4_294_967_297)]
    public void Unknown_process_is_named(long pid) => AssertUnknown(StartAgent(), pid);

    [Fact]
    public void Number_that_the_kernel_gives_anew_is_the_new_process()
    {
        Processes.NextId = static _ => 77;
        var agent = StartAgent();
        var former = Ended(agent);
        EndOf(agent, former);
        Exec(agent);
        Assert.True(former.IsForgotten);
        AssertRuns(agent, former);
    }

    [Fact]
    public void Process_whose_id_never_arrived_is_forgotten_when_it_has_ended()
    {
        var agent = StartAgent();
        var client = Send(agent, "guest-exec", "{'path': 'x'}");
        var answer = client.ExpectMsg<TransportProtocol.Answered>();
        client.Reply(new TransportProtocol.Undelivered(answer.Response));
        Ask(agent, "guest-ping");
        var process = Processes.All[0];
        process.Drain();
        process.Exit(0);
        Testing.Eventually.True(() => process.IsForgotten);
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public void Oldest_ends_are_forgotten_first()
    {
        var agent = StartAgent();
        var first = Ended(agent);
        EndOf(agent, first);
        for (var count = 0; count < ProcessesActor.MostFinished; count++)
            EndOf(agent, Ended(agent));
        AssertUnknown(agent, first.Id);
        Assert.Contains("exitcode", Status(agent, Processes.All[1]));
    }

    private FakeProcess Ended(IActorRef agent)
    {
        var process = Exec(agent);
        process.Drain();
        process.Exit(0);
        return process;
    }

    private void AssertUnknown(IActorRef agent, long pid) =>
        Assert.Equal($"PID {pid} does not exist", ErrorOf(Ask(agent, "guest-exec-status", $"{{'pid': {pid}}}")));
}
