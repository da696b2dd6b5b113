using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Configs;
using Akka.TestKit.Xunit2;
using Qga.Transport.Activity;
using Qga.Transport.Channels;
using Qga.Transport.Protocol;

namespace Qga.Transport.Tests;

public sealed class TransportActorTests : TestKit
{
    private const string Marker = "nothing before this";
    private const string SomethingBig = "{\"execute\": \"big\"}";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Instant = TimeSpan.FromTicks(1);

    private readonly TestProbe _client;
    private readonly TestProbe _router;
    private readonly TestProbe _supervisor;
    private readonly DuplexStream _stream;
    private TransportSettings _settings = new(Grace, name => name == "sync", name => name == "ping");
    private IActorRef _transport = ActorRefs.Nobody;
    private long _submitted;

    public TransportActorTests()
        : base(TestConfigs.TestSchedulerConfig)
    {
        _client = CreateTestProbe();
        _router = CreateTestProbe();
        _supervisor = CreateTestProbe();
        _stream = new DuplexStream(_client);
    }

    [Fact]
    public void Requests_are_submitted_one_after_the_other_and_answered_in_order()
    {
        Start();
        _stream.Send(Request("a", 1) + Request("b", 2));

        ExpectSubmitted("a");
        ExpectNothing(_router);
        Answer(QmpValue.Of(10));
        ExpectSubmitted("b");
        Answer(QmpValue.Of(20));

        _client.ExpectMsg("{\"return\": 10, \"id\": 1}\n");
        _client.ExpectMsg("{\"return\": 20, \"id\": 2}\n");
    }

    [Fact]
    public void Answer_that_is_larger_than_allowed_is_an_error_that_names_both_sizes()
    {
        long? most = 100;
        _settings = _settings with { MostAnswer = () => most };
        Start();
        _stream.Send(Request("big", 1) + Request("big", 2) + Request("big", 3) + Request("big", 4));

        ExpectSubmitted("big");
        Answer(new LargeValue(1000));
        _client.ExpectMsg(
            "{\"id\": 1, \"error\": {\"class\": \"GenericError\", \"desc\": "
            + "\"the answer to big takes 1373 bytes, more than the 100 of max-answer in group [qga]\"}}\n");

        ExpectSubmitted("big");
        Answer(QmpResponse.Failure(QmpError.Generic(new string('x', 1000))));
        _client.ExpectMsg<string>(answer => Assert.Contains("xxx", answer, StringComparison.Ordinal));

        ExpectSubmitted("big");
        Answer(QmpValue.Of(new string('x', 70)));
        _client.ExpectMsg<string>(answer => Assert.Contains("return", answer, StringComparison.Ordinal));

        most = null;
        ExpectSubmitted("big");
        Answer(QmpValue.Of(new string('x', 1000)));
        _client.ExpectMsg<string>(answer => Assert.Contains("return", answer, StringComparison.Ordinal));
    }

    [Fact]
    public void Client_whose_request_passes_the_memory_of_all_loses_its_connection_and_others_work_on()
    {
        var memory = new RequestMemory(3 * 1024 * 1024);
        _settings = _settings with { Memory = memory };
        Start();
        Watch(_transport);
        _stream.Send(Request("a", 1));
        ExpectSubmitted("a");
        _stream.Send($"{{\"execute\": \"b\", \"arguments\": {{\"x\": \"{new string('x', 5_000_000)}");

        Answer(QmpValue.Of(1));
        _client.ExpectMsg("{\"return\": 1, \"id\": 1}\n");
        _client.ExpectMsg<string>(answer => Assert.Contains("3 MiB of memory: this connection is closed", answer, StringComparison.Ordinal));
        ExpectTerminated(_transport);
        Assert.False(memory.IsExceeded);
        Assert.False(_client.HasMessages);
    }

    [Fact]
    public void Requests_are_noted_while_they_run_and_when_they_end()
    {
        var log = new ActivityLog();
        _settings = _settings with { Connection = log.Open(() => "client") };
        Start();
        _stream.Send(Request("slow") + Request("sync") + Request("a"));
        ExpectSubmitted("slow");
        Assert.Equal([("slow", null)], log.Requests.Select(request => (request.Command, request.Result)));

        Advance(Grace);
        ExpectSubmitted("sync");
        Answer(QmpValue.Of(1));
        ExpectSubmitted("a");
        Answer(QmpResponse.Failure(QmpError.Generic("wrong")));
        _client.ExpectMsg("{\"return\": 1}\n");
        _client.ExpectMsg<string>();
        Assert.Equal(
            [("slow", RequestResult.GivenUp), ("sync", RequestResult.Succeeded), ("a", RequestResult.Failed)],
            log.Requests.Select(request => (request.Command, request.Result)));
        Assert.Single(log.Connections);

        Watch(_transport);
        _stream.SendEnd();
        ExpectTerminated(_transport);
        Assert.Empty(log.Connections);
    }

    [Fact]
    public void Request_in_pieces_is_one_request()
    {
        Start();
        foreach (var character in Request("a"))
            _stream.Send($"{character}");

        ExpectSubmitted("a");
    }

    [Fact]
    public void Wrong_requests_get_their_answer_in_their_turn()
    {
        Start();
        _stream.Send(Request("a") + "{\"id\": 7}" + "\"x\"}" + Request("b"));

        ExpectSubmitted("a");
        ExpectNothing(_client);
        Answer(QmpValue.Of(1));

        var answers = _client.ExpectMsg<string>().Split('\n');
        Assert.Equal("{\"return\": 1}", answers[0]);
        Assert.Equal("{\"id\": 7, \"error\": {\"class\": \"GenericError\", \"desc\": \"QMP input lacks member 'execute'\"}}", answers[1]);
        Assert.Equal("{\"error\": {\"class\": \"GenericError\", \"desc\": \"QMP input must be a JSON object\"}}", answers[2]);
        Assert.Contains(": JSON parse error, ", answers[3], StringComparison.Ordinal);
        ExpectSubmitted("b");
    }

    [Fact]
    public void Requests_that_are_carried_out_at_once_are_submitted_and_answered_together()
    {
        Start();
        _stream.Send(Request("ping") + Request("ping") + Request("a"));

        var (first, second) = (_router.ExpectMsg<TransportProtocol.Submit>(), _router.ExpectMsg<TransportProtocol.Submit>());
        Assert.Equal(("ping", "ping"), (first.Request.Command, second.Request.Command));
        ExpectNothing(_router);

        _transport.Tell(new TransportProtocol.Answered(second.Sequence, QmpResponse.Success(QmpValue.Of(2))));
        ExpectNothing(_client);
        _transport.Tell(new TransportProtocol.Answered(first.Sequence, QmpResponse.Success(QmpValue.Of(1))));
        _client.ExpectMsg("{\"return\": 1}\n{\"return\": 2}\n");
        ExpectSubmitted("a");
    }

    [Fact]
    public void Silence_is_no_answer()
    {
        Start();
        _stream.Send(Request("a") + Request("b"));

        ExpectSubmitted("a");
        Answer(QmpResponse.Silence);
        ExpectSubmitted("b");
        Answer(QmpValue.Of(2));

        _client.ExpectMsg("{\"return\": 2}\n");
    }

    [Fact]
    public void Delimited_answer_and_the_next_have_nothing_in_between()
    {
        Start();
        _stream.Send(Request("sync") + Request("a"));

        ExpectSubmitted("sync");
        Answer(QmpResponse.Success(QmpValue.Of(5), isDelimited: true));
        ExpectSubmitted("a");
        Answer(QmpValue.Of(6));

        _client.ExpectMsg("\xFF{\"return\": 5}\n");
        _client.ExpectMsg("{\"return\": 6}\n");
    }

    [Fact]
    public void Result_that_fails_to_write_itself_becomes_an_error()
    {
        Start();
        _stream.Send(Request("a", 1) + Request("b"));

        ExpectSubmitted("a");
        Answer(new BrokenValue());

        _client.ExpectMsg("{\"id\": 1, \"error\": {\"class\": \"GenericError\", \"desc\": \"internal error: failed to write the result\"}}\n");
        ExpectSubmitted("b");
    }

    [Fact]
    public void Sync_with_nothing_before_it_is_submitted_at_once()
    {
        Start();
        _stream.Send(Request("sync"));
        ExpectSubmitted("sync");

        // It is a request like any other: nothing gives it up but the sync behind it.
        Advance(Grace * 10);
        Answer(QmpValue.Of(1));

        _client.ExpectMsg("{\"return\": 1}\n");
    }

    [Fact]
    public void Sync_waits_for_what_finishes_in_time()
    {
        Start();
        _stream.Send(Request("a") + Request("b") + Request("sync"));

        ExpectSubmitted("a");
        Advance(Grace - Instant);
        ExpectNothing(_router);
        Answer(QmpValue.Of(1));
        ExpectSubmitted("b");
        Answer(QmpValue.Of(2));
        ExpectSubmitted("sync");
        Answer(QmpValue.Of(3));

        foreach (var number in new[] { 1, 2, 3 })
            _client.ExpectMsg($"{{\"return\": {number}}}\n");
    }

    [Fact]
    public void Sync_gives_up_what_is_stuck_and_drops_its_late_answer()
    {
        Start();
        _stream.Send(Request("stuck") + Request("waiting") + Request("sync", 7));
        ExpectSubmitted("stuck");
        var stuck = _submitted;

        Advance(Grace);

        ExpectSubmitted("sync");
        Answer(QmpResponse.Success(QmpValue.Of(7), isDelimited: true));
        _client.ExpectMsg("\xFF{\"return\": 7, \"id\": 7}\n");

        var late = QmpResponse.Success(QmpValue.Of(1));
        _transport.Tell(new TransportProtocol.Answered(stuck, late), _router);
        Assert.Same(late, _router.ExpectMsg<TransportProtocol.Undelivered>().Response);

        _stream.Send(Request("next"));
        ExpectSubmitted("next");
        Answer(QmpValue.Of(8));
        _client.ExpectMsg("{\"return\": 8}\n");
    }

    [Fact]
    public void Sync_is_never_given_up_by_a_sync_that_comes_later()
    {
        Start();
        _stream.Send(Request("stuck") + Request("never") + Request("sync", 1) + Request("never") + Request("sync", 2));
        ExpectSubmitted("stuck");

        Advance(Grace);

        ExpectSubmitted("sync");
        Answer(QmpValue.Of(1));
        ExpectSubmitted("sync");
        Answer(QmpValue.Of(2));
        _client.ExpectMsg("{\"return\": 1, \"id\": 1}\n");
        _client.ExpectMsg("{\"return\": 2, \"id\": 2}\n");
    }

    [Fact]
    public async Task Each_sync_has_its_own_grace()
    {
        Start();
        _stream.Send(Request("stuck") + Request("sync", 1));
        ExpectSubmitted("stuck");
        Advance(Grace / 2);
        _stream.Send(Request("sync", 2));
        await _stream.TakenIn;

        Advance(Grace / 2);
        ExpectSubmitted("sync");
        ExpectNothing(_router);
        Answer(QmpValue.Of(1));
        ExpectSubmitted("sync");
        Answer(QmpValue.Of(2));

        _client.ExpectMsg("{\"return\": 1, \"id\": 1}\n");
        _client.ExpectMsg("{\"return\": 2, \"id\": 2}\n");
    }

    [Fact]
    public void Grace_is_not_spent_while_only_the_client_is_slow()
    {
        Start();
        _stream.Hold();
        _stream.Send(SomethingBig + Request("b") + Request("sync"));
        ExpectSubmitted("big");
        Answer(new LargeValue(300_000));
        ExpectNothing(_router);     // no room for another answer

        Advance(Grace);
        ExpectNothing(_router);
        _stream.Release();
        ExpectSubmitted("b");

        Advance(Grace);
        ExpectSubmitted("sync");
    }

    [Fact]
    public void Requests_behind_a_large_answer_go_on_when_it_leaves_at_once()
    {
        Start();
        _stream.Send(SomethingBig + Request("b") + Request("c"));
        ExpectSubmitted("big");
        Answer(new LargeValue(300_000));

        ExpectSubmitted("b");
        Answer(QmpValue.Of(2));
        ExpectSubmitted("c");
        ExpectLargeAnswer(300_000);
        _client.ExpectMsg("{\"return\": 2}\n");
    }

    [Fact]
    public void Requests_that_were_not_even_parsed_go_on_behind_a_large_answer()
    {
        _settings = _settings with { MostWaitingRequests = 1 };
        Start();
        _stream.Send(SomethingBig + SomethingBig + Request("c"));

        for (var round = 0; round < 2; round++)
        {
            ExpectSubmitted("big");
            Answer(new LargeValue(3_000_000));
            ExpectLargeAnswer(3_000_000);
        }

        ExpectSubmitted("c");
    }

    [Fact]
    public void Client_that_does_not_read_gets_no_more_carried_out()
    {
        Start();
        _stream.Hold(afterBlocks: 3);
        _stream.Send(SomethingBig + Request("b"));
        ExpectSubmitted("big");
        Answer(new LargeValue(300_000));
        ExpectNothing(_router);

        _stream.Release();

        ExpectLargeAnswer(300_000);
        ExpectSubmitted("b");
    }

    [Fact]
    public void Reading_stops_at_the_limit_of_requests_and_goes_on_below_it()
    {
        _settings = _settings with { MostWaitingRequests = 2 };
        Start();
        _stream.Send(Request("a") + Request("b") + Request("c"));
        ExpectSubmitted("a");
        ExpectNothing(_router);
        Assert.False(_stream.IsReading);

        Answer(QmpValue.Empty);
        ExpectSubmitted("b");
        ExpectNothing(_router);
        Assert.False(_stream.IsReading);

        Answer(QmpValue.Empty);
        ExpectSubmitted("c");
        ExpectNothing(_router);
        Assert.True(_stream.IsReading);
        _stream.Send(Request("d"));
        Answer(QmpValue.Empty);
        ExpectSubmitted("d");
    }

    [Fact]
    public void Requests_beyond_the_limit_go_on_when_those_before_are_answered_at_once()
    {
        _settings = _settings with { MostWaitingRequests = 2 };
        Start();
        _stream.Send("{}{}{}{}{}" + Request("a"));

        ExpectSubmitted("a");
        for (var left = 5; left > 0;)
        {
            var errors = _client.ExpectMsg<string>().Split('\n')[..^1];
            Assert.All(errors, error => Assert.Contains("QMP input lacks member", error, StringComparison.Ordinal));
            left -= errors.Length;
        }
    }

    [Fact]
    public void Reading_stops_at_the_limit_of_bytes_and_goes_on_below_it()
    {
        _settings = _settings with { MostWaitingBytes = 1 };     // one that waits is enough
        Start();
        _stream.Send(Request("a") + Request("a") + Request("a") + Request("a"));
        ExpectSubmitted("a");
        ExpectNothing(_router);
        Assert.False(_stream.IsReading);

        for (var round = 0; round < 3; round++)
        {
            Answer(QmpValue.Empty);
            ExpectSubmitted("a");
        }

        ExpectNothing(_router);
        Assert.True(_stream.IsReading);
    }

    [Fact]
    public void Small_tokens_weigh_what_they_take_in_memory()
    {
        var heavy = "{\"execute\": \"heavy\", \"id\": [" + string.Join(',', Enumerable.Repeat(1, 100)) + "]}";
        _settings = _settings with { MostWaitingBytes = 20 * heavy.Length };
        Start();
        _stream.Send(Request("a") + heavy);
        ExpectSubmitted("a");
        ExpectNothing(_router);
        Assert.False(_stream.IsReading);

        Answer(QmpValue.Empty);
        ExpectSubmitted("heavy");
        ExpectNothing(_router);
        Assert.True(_stream.IsReading);
    }

    [Fact]
    public async Task Client_that_has_no_more_to_say_gets_its_answers_before_the_end()
    {
        Start();
        Watch(_transport);
        _stream.Send(Request("a") + Request("b"));
        _stream.SendEnd();

        ExpectSubmitted("a");
        Answer(QmpValue.Of(1));
        ExpectSubmitted("b");
        Assert.False(_stream.Disposed.Task.IsCompleted);
        Answer(QmpValue.Of(2));

        _client.ExpectMsg("{\"return\": 1}\n");
        _client.ExpectMsg("{\"return\": 2}\n");
        ExpectTerminated(_transport);
        await _stream.Disposed.Task;
    }

    [Fact]
    public void Answer_under_way_is_written_before_the_end()
    {
        Start();
        Watch(_transport);
        _stream.Hold();
        _stream.Send(Request("a"));
        _stream.SendEnd();
        ExpectSubmitted("a");
        Answer(QmpValue.Of(1));
        ExpectNothing(_client);

        _stream.Release();

        _client.ExpectMsg("{\"return\": 1}\n");
        ExpectTerminated(_transport);
    }

    [Fact]
    public void Client_that_leaves_without_a_request_ends_its_transport()
    {
        Start();
        Watch(_transport);
        _stream.Send("{\"execute\"");
        _stream.SendEnd();

        ExpectTerminated(_transport);
    }

    [Fact]
    public void Client_that_is_gone_still_gets_done_what_it_asked_for()
    {
        Start();
        Watch(_transport);
        _stream.FailWrite(new IOException("Broken pipe"));
        _stream.Send(Request("a") + Request("b"));

        ExpectSubmitted("a");
        Answer(QmpValue.Of(1));
        ExpectSubmitted("b");
        Answer(QmpValue.Of(2));
        _stream.FailRead(new IOException("Connection reset by peer"));

        ExpectTerminated(_transport);
    }

    [Theory]
    [InlineData(StreamEnd.ClientDone)]
    [InlineData(StreamEnd.HostDetached)]
    public async Task Nothing_is_written_behind_a_write_that_failed(StreamEnd end)
    {
        Start(end);
        _stream.FailWrite(new IOException("Input/output error"));
        _stream.Send(SomethingBig);
        ExpectSubmitted("big");
        Answer(new LargeValue(100));
        _stream.FailRead(new IOException("Input/output error"));

        await _stream.Disposed.Task;
        _client.Ref.Tell(Marker, ActorRefs.NoSender);
        _client.ExpectMsg(Marker);
    }

    [Fact]
    public void Connection_that_is_reset_gets_done_what_it_asked_for()
    {
        Start();
        Watch(_transport);
        _stream.Send(Request("a") + Request("b"));
        _stream.FailRead(new IOException("Connection reset by peer"));

        ExpectSubmitted("a");
        Answer(QmpValue.Of(1));
        ExpectSubmitted("b");
        Answer(QmpValue.Of(2));

        ExpectTerminated(_transport);
    }

    [Fact]
    public void Port_goes_on_when_its_host_leaves_and_comes_back()
    {
        Start(StreamEnd.HostDetached);
        _stream.Send(Request("a"));
        _stream.SendEnd();
        ExpectSubmitted("a");
        _stream.Send("{\"execute\"");
        _stream.SendEnd();
        _stream.Send(": \"b\"}");
        Answer(QmpValue.Of(1));
        ExpectSubmitted("b");
        Answer(QmpValue.Of(2));

        _client.ExpectMsg("{\"return\": 1}\n");
        _client.ExpectMsg("{\"return\": 2}\n");
    }

    [Fact]
    public void Half_of_a_large_answer_is_all_that_a_host_gets_that_leaves()
    {
        Start(StreamEnd.HostDetached);
        _stream.Hold(afterBlocks: 2);
        _stream.Send(SomethingBig + Request("b"));
        ExpectSubmitted("big");
        Answer(new LargeValue(300_000));
        ExpectNothing(_router);

        _stream.SendEnd();
        ExpectSubmitted("b");       // there is room again
        Answer(QmpValue.Of(2));
        _stream.Release();

        _client.ExpectMsg(LargeValue.Before);
        _client.ExpectMsg(new string('A', 65536));
        _client.ExpectMsg("{\"return\": 2}\n");
    }

    [Fact]
    public void Serial_line_that_is_hung_up_is_lost()
    {
        Start(StreamEnd.LineLost);
        _stream.SendEnd();

        Assert.Equal("the serial line was hung up", _supervisor.ExpectMsg<ChannelException>().Message);
    }

    [Theory]
    [InlineData(StreamEnd.HostDetached)]
    [InlineData(StreamEnd.LineLost)]
    public async Task Port_that_fails_to_be_read_is_lost(StreamEnd end)
    {
        Start(end);
        _stream.FailRead(new IOException("No such device"));

        Assert.Equal("error reading channel: No such device", _supervisor.ExpectMsg<ChannelException>().Message);
        await _stream.Disposed.Task;
    }

    [Theory]
    [InlineData(StreamEnd.HostDetached)]
    [InlineData(StreamEnd.LineLost)]
    public void Port_that_fails_to_be_written_is_lost(StreamEnd end)
    {
        Start(end);
        _stream.FailWrite(new IOException("No such device"));
        _stream.Send(Request("a"));
        ExpectSubmitted("a");
        Answer(QmpValue.Empty);

        Assert.Equal("error writing channel: No such device", _supervisor.ExpectMsg<ChannelException>().Message);
    }

    private void Start(StreamEnd end = StreamEnd.ClientDone)
    {
        Sys.ActorOf(Supervising.Props(_supervisor)).Tell(TransportActor.Props(_stream, end, _router, _settings), TestActor);
        _transport = ExpectMsg<IActorRef>();
    }

    private void ExpectSubmitted(string command)
    {
        var submit = _router.ExpectMsg<TransportProtocol.Submit>();
        Assert.Equal(command, submit.Request.Command);
        _submitted = submit.Sequence;
    }

    /// <summary>Answers the request that was submitted last.</summary>
    private void Answer(IQmpValue value) => Answer(QmpResponse.Success(value));

    private void Answer(QmpResponse response) =>
        _transport.Tell(new TransportProtocol.Answered(_submitted, response), _router);

    /// <summary>Shows that the transport, which has done all that it was told so far, has told the probe nothing.</summary>
    private void ExpectNothing(TestProbe probe)
    {
        _transport.Tell(new Identify(Marker), TestActor);
        ExpectMsg<ActorIdentity>();
        probe.Ref.Tell(Marker, ActorRefs.NoSender);
        probe.ExpectMsg(Marker);
    }

    private void ExpectLargeAnswer(int count)
    {
        _client.ExpectMsg(LargeValue.Before);
        for (var left = (count + 2) / 3 * 4; left > 0;)
            left -= _client.ExpectMsg<string>().Length;
        _client.ExpectMsg("\"}}\n");
    }

    private void Advance(TimeSpan time) => ((TestScheduler)Sys.Scheduler).Advance(time);

    private static string Request(string command, int? id = null) =>
        id is null ? $"{{\"execute\": \"{command}\"}}" : $"{{\"execute\": \"{command}\", \"id\": {id}}}";

    private sealed class BrokenValue : IQmpValue
    {
        public void WriteTo(QmpWriter json)
        {
            json.WriteStartObject();
            throw new InvalidOperationException("a bug");
        }
    }
}
