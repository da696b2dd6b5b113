using Qga.Platform;
using Qga.Platform.Native;
using Qga.Transport;

namespace Qga.Actors.Tests.Files;

public class FilesActorTests : AgentFixture
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public void Open_that_hangs_holds_up_no_other_open_and_no_other_handle()
    {
        var agent = StartAgent();
        Assert.Equal("""{"return": 1000}""", Ask(agent, "guest-file-open", "{'path': '/healthy'}"));
        Files.OpenGate.Reset();
        var hanging = Send(agent, "guest-file-open", "{'path': '/dead'}");

        Assert.Equal(
            """{"return": {"position": 5, "eof": false}}""", Ask(agent, "guest-file-seek", "{'handle': 1000, 'offset': 5, 'whence': 'set'}"));

        Files.OpenGate.Set();
        Assert.Equal("""{"return": 1001}""", AnswerTo(hanging));
    }

    [Fact]
    public void Open_past_its_deadline_is_an_error_and_closes_the_file_when_it_comes_back()
    {
        var agent = StartAgent();
        Files.OpenGate.Reset();
        var hanging = Send(agent, "guest-file-open", "{'path': '/dead'}");
        AwaitCondition(() => Files.HeldUp == 1);

        Assert.Equal("guest-file-open has not finished within 30 s", ErrorOf(AnswerOnceOverdue(hanging, Deadline)));
        Assert.Equal(1, Workers.Stuck);

        Files.OpenGate.Set();
        AwaitCondition(() => Files.Opened.TryGetValue("/dead", out var file) && file.Closed.IsSet);
        Assert.Equal(0, Workers.Stuck);
        Assert.Equal("handle '1000' has not been found", ErrorOf(Ask(agent, "guest-file-flush", "{'handle': 1000}")));
    }

    [Fact]
    public void Open_whose_client_gave_up_is_closed_again()
    {
        var agent = StartAgent();
        var client = Send(agent, "guest-file-open", "{'path': '/f'}");
        var answer = client.ExpectMsg<TransportProtocol.Answered>();

        client.Reply(new TransportProtocol.Undelivered(answer.Response));

        AwaitCondition(() => Files.Opened["/f"].Closed.IsSet);
        Assert.Equal("handle '1000' has not been found", ErrorOf(Ask(agent, "guest-file-flush", "{'handle': 1000}")));
    }

    [Fact]
    public void Beyond_the_cap_of_stuck_workers_new_commands_are_refused_until_the_kernel_lets_go()
    {
        var agent = StartAgent();
        Files.OpenGate.Reset();
        var hanging = Enumerable.Range(0, Workers.MostStuck).Select(_ => Send(agent, "guest-file-open", "{'path': '/dead'}")).ToList();
        AwaitCondition(() => Files.HeldUp == hanging.Count);
        hanging.ForEach(client => AnswerOnceOverdue(client, Deadline));

        Assert.Equal(
            "guest-file-open is refused: 4 commands are stuck in the kernel, the most that are allowed",
            ErrorOf(Ask(agent, "guest-file-open", "{'path': '/healthy'}")));
        Assert.Equal("""{"return": {}}""", Ask(agent, "guest-ping"));

        Files.OpenGate.Set();
        AwaitCondition(() => Workers.Stuck == 0);
        Assert.StartsWith("""{"return": """, Ask(agent, "guest-file-open", "{'path': '/healthy'}"));
    }

    [Fact]
    public void Stuck_handle_refuses_what_waits_and_what_comes_and_works_again_afterwards()
    {
        var agent = StartAgent();
        Ask(agent, "guest-file-open", "{'path': '/f'}");
        var file = Files.Opened["/f"];
        file.Gate.Reset();
        var hanging = Send(agent, "guest-file-read", "{'handle': 1000, 'count': 1}");
        var waiting = Send(agent, "guest-file-flush", "{'handle': 1000}");
        AwaitCondition(() => !file.Calls.IsEmpty);

        Assert.Equal("guest-file-read has not finished within 30 s", ErrorOf(AnswerOnceOverdue(hanging, Deadline)));
        const string Busy = "handle '1000' is busy: guest-file-read has not come back from the kernel";
        Assert.Equal(Busy, ErrorOf(AnswerTo(waiting)));
        Assert.Equal(Busy, ErrorOf(Ask(agent, "guest-file-close", "{'handle': 1000}")));

        file.Gate.Set();
        AwaitCondition(() => Workers.Stuck == 0);
        AwaitAssert(
            () => Assert.Equal(
                """{"return": {"count": 1, "buf-b64": "AA==", "eof": false}}""", Ask(agent, "guest-file-read", "{'handle': 1000, 'count': 1}")));
    }

    [Fact]
    public void Close_that_comes_back_late_has_closed_all_the_same()
    {
        var agent = StartAgent();
        Ask(agent, "guest-file-open", "{'path': '/f'}");
        var file = Files.Opened["/f"];
        file.Gate.Reset();
        var hanging = Send(agent, "guest-file-close", "{'handle': 1000}");
        AwaitCondition(() => !file.Calls.IsEmpty);
        Assert.Equal("guest-file-close has not finished within 30 s", ErrorOf(AnswerOnceOverdue(hanging, Deadline)));

        file.Gate.Set();

        AwaitAssert(() => Assert.Equal("handle '1000' has not been found", ErrorOf(Ask(agent, "guest-file-close", "{'handle': 1000}"))));
        Assert.Equal(["Close"], file.Calls);
    }

    [Fact]
    public void Command_that_found_no_free_worker_leaves_its_handle_usable()
    {
        var agent = StartAgent();
        Ask(agent, "guest-file-open", "{'path': '/f'}");
        Files.OpenGate.Reset();
        var hanging = Enumerable.Range(0, 2 * Workers.MostStuck).Select(_ => Send(agent, "guest-file-open", "{'path': '/dead'}")).ToList();
        AwaitCondition(() => Files.HeldUp == hanging.Count);
        var waiting = Send(agent, "guest-file-flush", "{'handle': 1000}");
        AwaitHandled(agent, "files/handle-1000");

        Assert.Equal("guest-file-flush has not begun within 30 s: no worker was free", ErrorOf(AnswerOnceOverdue(waiting, Deadline)));

        Files.OpenGate.Set();
        hanging.ForEach(client => AnswerTo(client));
        AwaitCondition(() => Workers.Stuck == 0);
        Assert.Equal("""{"return": {}}""", Ask(agent, "guest-file-flush", "{'handle': 1000}"));
    }

    [Fact]
    public void Command_forwarded_to_a_handle_that_is_closing_is_answered()
    {
        var agent = StartAgent();
        for (var round = 0; round < 200; round++)
        {
            var handle = (long)Newtonsoft.Json.Linq.JObject.Parse(Ask(agent, "guest-file-open", "{'path': '/f'}"))["return"]!;
            var arguments = $"{{'handle': {handle}}}";
            var clients = Enumerable.Range(0, 6).Select(i => Send(agent, i == 0 ? "guest-file-close" : "guest-file-flush", arguments)).ToList();

            foreach (var client in clients)
                AnswerTo(client);
        }
    }

    [Fact]
    public void Commands_on_one_handle_run_one_after_the_other()
    {
        var agent = StartAgent();
        Ask(agent, "guest-file-open", "{'path': '/f', 'mode': 'w'}");
        var file = Files.Opened["/f"];
        file.Gate.Reset();

        var first = Send(agent, "guest-file-write", "{'handle': 1000, 'buf-b64': ''}");
        var second = Send(agent, "guest-file-seek", "{'handle': 1000, 'offset': 0, 'whence': 0}");
        var third = Send(agent, "guest-file-close", "{'handle': 1000}");
        var fourth = Send(agent, "guest-file-flush", "{'handle': 1000}");
        AwaitCondition(() => !file.Calls.IsEmpty);
        AwaitHandled(agent, "files/handle-1000");
        Assert.Equal(["Write"], file.Calls);
        file.Gate.Set();

        Assert.Equal("""{"return": {"count": 0, "eof": false}}""", AnswerTo(first));
        Assert.Equal("""{"return": {"position": 0, "eof": false}}""", AnswerTo(second));
        Assert.Equal("""{"return": {}}""", AnswerTo(third));
        Assert.Equal("handle '1000' has not been found", ErrorOf(AnswerTo(fourth)));
        Assert.Equal(["Write", "Seek", "Close"], file.Calls);
    }

    [Fact]
    public void Close_that_fails_reports_it_and_the_handle_is_gone()
    {
        var agent = StartAgent();
        Ask(agent, "guest-file-open", "{'path': '/f'}");
        Files.Opened["/f"].Failure = new SystemCallException(Errno.EIO, "failed to close handle");

        Assert.Equal("failed to close handle: Input/output error", ErrorOf(Ask(agent, "guest-file-close", "{'handle': 1000}")));
        Assert.Equal("handle '1000' has not been found", ErrorOf(Ask(agent, "guest-file-close", "{'handle': 1000}")));
    }

    [Fact]
    public void Bug_in_a_command_on_a_file_is_its_answer_and_the_file_stays_open()
    {
        var agent = StartAgent();
        Ask(agent, "guest-file-open", "{'path': '/f'}");
        Files.Opened["/f"].Failure = new InvalidOperationException("bug");
        Assert.Equal("internal error: InvalidOperationException: bug", ErrorOf(Ask(agent, "guest-file-read", "{'handle': 1000}")));

        Files.Opened["/f"].Failure = null;
        Assert.Equal("""{"return": {"count": 1, "buf-b64": "AA==", "eof": false}}""", Ask(agent, "guest-file-read", "{'handle': 1000, 'count': 1}"));
        Assert.False(Files.Opened["/f"].Closed.IsSet);
    }

    [Fact]
    public void Handle_that_cannot_be_noted_on_disk_closes_the_file()
    {
        var agent = StartAgent(nextHandle: () => throw new InvalidOperationException("counter"));

        Assert.Contains("counter", ErrorOf(Ask(agent, "guest-file-open", "{'path': '/f'}")));
        Assert.True(Files.Opened["/f"].Closed.IsSet);
    }

    [Fact]
    public void Bug_in_the_domain_actor_answers_its_request_and_loses_no_open_handle()
    {
        var agent = StartAgent(nextHandle: () => 7);        // a number given twice makes the actor itself fail
        Assert.Equal("""{"return": 7}""", Ask(agent, "guest-file-open", "{'path': '/first'}"));

        Assert.Contains("internal error", ErrorOf(Ask(agent, "guest-file-open", "{'path': '/second'}")));

        Assert.Equal("""{"return": {}}""", Ask(agent, "guest-file-flush", "{'handle': 7}"));
        Assert.False(Files.Opened["/first"].Closed.IsSet);
        AwaitCondition(() => Files.Opened["/second"].Closed.IsSet);
    }

    [Fact]
    public void Opening_and_closing_are_accounted_for()
    {
        var agent = StartAgent();
        Ask(agent, "guest-file-open", "{'path': '/f', 'mode': 'w'}");
        Ask(agent, "guest-file-write", "{'handle': 1000, 'buf-b64': 'c2VjcmV0'}");
        Ask(agent, "guest-file-close", "{'handle': 1000}");

        Assert.Equal(
            ["guest-file-open called, filepath: /f, mode: w", "guest-file-open, handle: 1000", "guest-file-close called, handle: 1000"],
            Audit.Lines);
    }
}
