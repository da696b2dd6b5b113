using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Client.Tests.Connections;

/// <summary>The place in a stream is known, or found again, whatever comes.</summary>
public sealed class StreamConnectionTests : IAsyncDisposable
{
    private static readonly GuestAgentOptions Options = new() { Timeout = TimeSpan.FromSeconds(30), ConnectTimeout = TimeSpan.FromSeconds(5) };

    private readonly FakeAgent _agent = new();

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task Connection_begins_with_a_sentinel_and_a_sync()
    {
        await using var guest = await _agent.ConnectAsync();

        Assert.Matches("^\xFF{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":[0-9]+}}\n$", _agent.Received);
    }

    [Theory]
    [InlineData("{\"return\": {\"pid\": 12}, \"id\": 1}\n")]
    [InlineData("{\"return\": {}}\n{\"error\": {\"class\": \"GenericError\", \"desc\": \"late\"}}\n")]
    [InlineData("half an ans")]
    [InlineData("\xFF{\"return\": 42}\n")]
    [InlineData("\xFF{\"return\": 42")]
    [InlineData("\xFF\xFF\xFF")]
    [InlineData("\xFFgarbage\n\n\n")]
    public async Task What_an_earlier_client_has_left_is_skipped(string left)
    {
        _agent.BeforeSync = left;
        await using var guest = await _agent.ConnectAsync();

        Assert.Equal(7, await Asked(guest, 7));
    }

    [Fact]
    public async Task Answers_may_come_in_any_pieces()
    {
        await using var agent = new FakeAgent { LargestRead = 1 };
        await using var guest = await agent.ConnectAsync();

        var asked = guest.GetHostNameAsync();
        agent.Answer(await agent.NextAsync("guest-get-host-name"), new JObject { ["host-name"] = "vm1" });
        Assert.Equal("vm1", (await asked).HostName);
    }

    [Fact]
    public async Task Answer_that_comes_after_its_timeout_is_dropped()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        var late = guest.GetTimeAsync();
        var request = await _agent.NextAsync("guest-get-time");
        _agent.Time.Advance(Options.Timeout);
        var timeout = await Assert.ThrowsAsync<QgaTimeoutException>(() => late);
        Assert.Equal("fake: no answer to guest-get-time within 30 s", timeout.Message);

        _agent.Answer(request, 1);
        Assert.Equal(2, await Asked(guest, 2));
        Assert.Equal(1, _agent.Connections);
    }

    [Fact]
    public async Task Half_an_answer_that_was_given_up_is_dropped()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        var late = guest.GetTimeAsync();
        await _agent.NextAsync();
        _agent.Send("{\"return\": 1");
        _agent.Time.Advance(Options.Timeout);
        await Assert.ThrowsAsync<QgaTimeoutException>(() => late);

        Assert.Equal(2, await Asked(guest, 2));
        Assert.Equal(1, _agent.Connections);
    }

    [Fact]
    public async Task Answer_that_comes_after_the_sync_is_dropped_too()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        using var cancel = new CancellationTokenSource();
        var given = guest.GetTimeAsync(cancel.Token);
        var first = await _agent.NextAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => given);

        var asked = guest.GetTimeAsync();
        var second = await _agent.NextAsync();
        _agent.Answer(first, 1);
        _agent.Answer(second, 2);
        Assert.Equal(2, await asked);
    }

    [Fact]
    public async Task Cancellation_leaves_the_stream_usable()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        using var cancel = new CancellationTokenSource();
        var given = guest.PingAsync(cancel.Token);
        await _agent.NextAsync("guest-ping");
        await cancel.CancelAsync();

        var failure = await Assert.ThrowsAsync<OperationCanceledException>(() => given);
        Assert.Equal(cancel.Token, failure.CancellationToken);
        Assert.Equal(3, await Asked(guest, 3));
        Assert.Equal(2, _agent.Received.Split('\xFF').Length - 1);
        Assert.Equal(1, _agent.Connections);
    }

    [Fact]
    public async Task Request_that_waits_for_its_turn_can_be_given_up_and_is_never_sent()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        var first = guest.GetTimeAsync();
        var request = await _agent.NextAsync();
        using var cancel = new CancellationTokenSource();
        var waiting = guest.FsTrimAsync(cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);

        _agent.Answer(request, 1);
        Assert.Equal(1, await first);
        Assert.Equal(2, await Asked(guest, 2));
        Assert.DoesNotContain("fstrim", _agent.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_of_several_callers_are_sent_one_after_the_other()
    {
        await using var guest = await _agent.ConnectAsync();
        _agent.Client.CountFromHere();
        var asked = Enumerable.Range(0, 10).Select(_ => guest.GetTimeAsync()).ToList();
        for (var number = 0; number < 10; number++)
            _agent.Answer(await _agent.NextAsync(), number);

        Assert.Equal(1, _agent.Client.MostAhead);
        Assert.Equal(Enumerable.Range(0, 10).Select(number => (long)number), (await Task.WhenAll(asked)).Order());
    }

    [Fact]
    public async Task Connection_that_is_lost_in_the_middle_of_an_answer_is_an_error_and_made_anew()
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.GetTimeAsync();
        await _agent.NextAsync();
        _agent.Send("{\"return\": 12");
        _agent.Hangup();
        Assert.Equal("fake: the other end has closed the connection", (await Assert.ThrowsAsync<QgaConnectionException>(() => asked)).Message);

        Assert.Equal(4, await Asked(guest, 4));
        Assert.Equal(2, _agent.Connections);
    }

    [Fact]
    public async Task Connection_that_was_closed_meanwhile_is_made_anew_without_an_error()
    {
        await using var guest = await _agent.ConnectAsync();
        _agent.Hangup();

        Assert.Equal(5, await Asked(guest, 5));
        Assert.Equal(2, _agent.Connections);
    }

    [Fact]
    public async Task Place_that_can_not_be_reached_is_a_connection_error()
    {
        var failure = await Assert.ThrowsAsync<QgaConnectionException>(
            () => GuestAgent.ConnectAsync("far", _ => Task.FromException<Stream>(new IOException("nobody listens"))));
        Assert.Equal("far: nobody listens", failure.Message);

        failure = await Assert.ThrowsAsync<QgaConnectionException>(() => GuestAgent.ConnectAsync("unix:/nonexistent/qga.sock"));
        Assert.StartsWith("unix:/nonexistent/qga.sock: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_who_answers_is_a_timeout()
    {
        _agent.AnswersSyncs = false;
        var connecting = _agent.ConnectAsync(Options);
        Eventually.True(() => _agent.Received.EndsWith('\n'));
        _agent.Time.Advance(Options.ConnectTimeout);

        Assert.Equal("fake: no guest agent has answered within 5 s", (await Assert.ThrowsAsync<QgaTimeoutException>(() => connecting)).Message);
    }

    [Fact]
    public async Task Stream_that_takes_nothing_is_a_timeout_and_opened_anew()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        _agent.Client.IsStuck = true;
        var asked = guest.PingAsync();
        _agent.Time.Advance(Options.Timeout);
        Assert.Equal("fake: no answer to guest-ping within 30 s", (await Assert.ThrowsAsync<QgaTimeoutException>(() => asked)).Message);

        Assert.Equal(6, await Asked(guest, 6));
        Assert.Equal(2, _agent.Connections);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\n", "what came is no answer of a guest agent: 'HTTP/1.1 400 Bad Request'")]
    [InlineData("\n", "what came is no answer of a guest agent: ''")]
    [InlineData("[1]\n", "what came is no answer of a guest agent: '[1]'")]
    [InlineData("{\"QMP\": {}}\n", "what came is neither a success nor an error: '{\"QMP\": {}}'")]
    public async Task Garbage_is_an_error_and_the_next_request_finds_its_place(string garbage, string error)
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.PingAsync();
        await _agent.NextAsync();
        _agent.Send(garbage);
        Assert.Equal(error, (await Assert.ThrowsAsync<QgaProtocolException>(() => asked)).Message);

        _agent.BeforeSync = garbage;
        Assert.Equal(8, await Asked(guest, 8));
    }

    [Fact]
    public async Task Answer_that_is_too_long_is_an_error_and_the_next_request_finds_its_place()
    {
        await using var guest = await _agent.ConnectAsync(new GuestAgentOptions { LongestAnswer = 100_000 });
        var asked = guest.PingAsync();
        var request = await _agent.NextAsync();
        _agent.Answer(request, new string('x', 300_000));
        Assert.Equal("an answer has more than 100000 bytes", (await Assert.ThrowsAsync<QgaProtocolException>(() => asked)).Message);

        Assert.Equal(9, await Asked(guest, 9));
        Assert.Equal(1, _agent.Connections);
    }

    [Fact]
    public async Task Error_of_the_agent_has_its_class_and_its_words()
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.FileOpenAsync("/none");
        _agent.Refuse(await _agent.NextAsync("guest-file-open"), "failed to open file '/none' (mode: 'r'): No such file or directory");
        var failure = await Assert.ThrowsAsync<QgaCommandException>(() => asked);
        Assert.Equal(
            ("guest-file-open", "GenericError", "failed to open file '/none' (mode: 'r'): No such file or directory", false),
            (failure.Command, failure.Class, failure.Description, failure.IsUnavailable));
        Assert.Equal($"guest-file-open: {failure.Description}", failure.Message);

        asked = guest.GetTimeAsync();
        _agent.Refuse(await _agent.NextAsync(), "Command guest-get-time has been disabled: the command is not allowed", "CommandNotFound");
        Assert.True((await Assert.ThrowsAsync<QgaCommandException>(() => asked)).IsUnavailable);
    }

    [Fact]
    public async Task Error_without_an_id_is_one_to_the_request_that_could_not_be_parsed()
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.PingAsync();
        await _agent.NextAsync();
        _agent.Send("{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON token size limit exceeded\"}}\n");

        Assert.Equal("JSON token size limit exceeded", (await Assert.ThrowsAsync<QgaCommandException>(() => asked)).Description);

        // What the agent makes of the rest of what it could not parse comes before its next sync.
        _agent.BeforeSync = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}\n";
        Assert.Equal(12, await Asked(guest, 12));
        Assert.Equal(2, _agent.Received.Split('\xFF').Length - 1);
    }

    [Fact]
    public async Task Agent_that_repeats_no_ids_is_understood_by_the_order_of_its_answers()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        for (var number = 0; number < 2; number++)
        {
            var asked = guest.GetTimeAsync();
            await _agent.NextAsync("guest-get-time");
            _agent.AnswerWithoutId(number);
            Assert.Equal(number, await asked);
        }

        var down = guest.ShutdownAsync();
        await _agent.NextAsync("guest-shutdown");
        await _agent.NextAsync("guest-ping");
        _agent.AnswerWithoutId(new JObject());
        await down;
        Assert.Equal(1, _agent.Connections);
    }

    [Fact]
    public async Task Agent_that_repeats_ids_has_no_answer_without_one()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        Assert.Equal(1, await Asked(guest, 1));
        var asked = guest.GetTimeAsync();
        var request = await _agent.NextAsync("guest-get-time");
        _agent.AnswerWithoutId(2);
        _agent.Answer(request, 3);
        Assert.Equal(3, await asked);
    }

    /// <summary>What always comes must not keep from looking at the time.</summary>
    [Theory]
    [InlineData("{\"return\": {}, \"id\": 1}\n")]
    [InlineData("no end ")]
    public async Task Timeout_is_seen_while_bytes_always_come(string bytes)
    {
        var stream = new EndlessStream(bytes);
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var connecting = Task.Run(() => GuestAgent.ConnectAsync("endless", _ => Task.FromResult<Stream>(stream), Options with { TimeProvider = time }));
        Eventually.True(() => stream.Reads > 10);
        time.Advance(Options.ConnectTimeout);
        await Assert.ThrowsAsync<QgaTimeoutException>(() => connecting.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Cancellation_is_seen_while_answers_to_others_always_come()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        using var cancel = new CancellationTokenSource();
        var asked = guest.GetTimeAsync(cancel.Token);
        await _agent.NextAsync("guest-get-time");
        _agent.Client.Endless = "{\"return\": {}, \"id\": 1}\n"u8.ToArray();
        _agent.Send("{\"return\": {}, \"id\": 1}\n");
        Eventually.True(() => _agent.Client.EndlessReads > 10);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => asked.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Read_that_the_stream_itself_gives_up_loses_the_connection_and_no_more()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        _agent.Client.NextReadFailure = new OperationCanceledException();
        var asked = guest.GetTimeAsync();
        _agent.Answer(await _agent.NextAsync("guest-get-time"), 1);
        Assert.Equal(1, await asked);       // the read that was under way
        Assert.Equal(13, await Asked(guest, 13));
        Assert.Equal(2, _agent.Connections);
    }

    [Fact]
    public async Task Stream_that_fails_to_close_is_gone_all_the_same()
    {
        var opened = 0;
        await using var guest = await GuestAgent.ConnectAsync(
            "fake",
            async cancel => opened++ == 0 ? new ReluctantStream(await _agent.Open(cancel)) : await _agent.Open(cancel),
            Options with { TimeProvider = _agent.Time });
        _agent.Hangup();
        Assert.Equal(14, await Asked(guest, 14));
        Assert.Equal(2, opened);
    }

    [Fact]
    public async Task Silent_command_that_can_not_be_sent_is_a_timeout()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        _agent.Client.IsStuck = true;
        var asked = guest.ShutdownAsync();
        _agent.Time.Advance(Options.SilenceTimeout);
        _agent.Time.Advance(Options.Timeout);
        Assert.Equal("fake: no answer to guest-shutdown within 30 s", (await Assert.ThrowsAsync<QgaTimeoutException>(() => asked)).Message);
    }

    [Fact]
    public async Task Write_that_is_given_up_has_its_bytes_to_itself()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        var client = _agent.Client;
        client.IsStuck = true;
        using var cancel = new CancellationTokenSource();
        var asked = guest.FileOpenAsync("/first", cancellationToken: cancel.Token);
        Eventually.True(() => client.Stuck is not null);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => asked);
        Assert.Equal(15, await Asked(guest, 15));
        Assert.Contains("/first", System.Text.Encoding.UTF8.GetString(client.Stuck!.Value.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_that_opens_too_late_is_closed()
    {
        var opened = new TaskCompletionSource<Stream>();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var connecting = GuestAgent.ConnectAsync("slow", _ => opened.Task, Options with { TimeProvider = time });
        time.Advance(Options.ConnectTimeout);
        await Assert.ThrowsAsync<QgaTimeoutException>(() => connecting.WaitAsync(Eventually.Patience));

        var late = new MemoryStreams().Client;
        opened.SetResult(late);
        Eventually.True(() => late.IsClosed);
    }

    [Fact]
    public async Task Stream_that_nobody_uses_is_closed_after_its_time_and_opened_anew()
    {
        await using var guest = await _agent.ConnectAsync(Options with { IdleTimeout = TimeSpan.FromSeconds(3) });
        var first = _agent.Client;
        _agent.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(16, await Asked(guest, 16));
        _agent.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(first.IsClosed);
        _agent.Time.Advance(TimeSpan.FromSeconds(1));
        Eventually.True(() => first.IsClosed);
        Assert.Equal(17, await Asked(guest, 17));
        Assert.Equal(2, _agent.Connections);
    }

    [Fact]
    public async Task Stream_that_is_in_use_is_not_idle()
    {
        await using var guest = await _agent.ConnectAsync(Options with { IdleTimeout = TimeSpan.FromSeconds(3) });
        var asked = guest.GetTimeAsync();
        var request = await _agent.NextAsync();
        _agent.Time.Advance(TimeSpan.FromSeconds(10));
        _agent.Answer(request, 18);
        Assert.Equal(18, await asked);
        Assert.Equal(1, _agent.Connections);
    }

    [Fact]
    public async Task Text_that_is_none_is_refused_and_nothing_is_sent()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        var failure = await Assert.ThrowsAsync<ArgumentException>(() => guest.FileOpenAsync("/a\uD800b"));
        Assert.StartsWith("guest-file-open: an argument has half of a surrogate pair", failure.Message, StringComparison.Ordinal);
        Assert.Equal(19, await Asked(guest, 19));
        Assert.DoesNotContain("guest-file-open", _agent.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_without_an_answer_has_succeeded_once_the_next_one_is_answered()
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.ShutdownAsync(GuestShutdownMode.Reboot);
        Assert.Equal("reboot", (string?)(await _agent.NextAsync("guest-shutdown"))["arguments"]!["mode"]);
        await _agent.AnswerAsync("guest-ping");
        await asked;
        Assert.Equal(10, await Asked(guest, 10));
    }

    [Fact]
    public async Task Command_without_an_answer_may_fail()
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.CallAsync("guest-suspend-ram");
        _agent.Refuse(await _agent.NextAsync("guest-suspend-ram"), "the requested suspend mode is not supported by the guest");
        await _agent.AnswerAsync("guest-ping");
        await Assert.ThrowsAsync<QgaCommandException>(() => asked);
        Assert.Equal(11, await Asked(guest, 11));
    }

    [Fact]
    public async Task Guest_that_goes_down_or_falls_silent_has_done_as_it_was_told()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        var asked = guest.ShutdownAsync();
        await _agent.NextAsync("guest-shutdown");
        _agent.Hangup();
        await asked;

        asked = guest.SuspendDiskAsync();
        await _agent.NextAsync();       // the ping that the one before has sent
        await _agent.NextAsync("guest-suspend-disk");
        _agent.Time.Advance(Options.SilenceTimeout);
        await asked;
    }

    [Fact]
    public async Task Commands_can_have_another_limit_of_time()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        var asked = guest.Within(TimeSpan.FromSeconds(2)).FsTrimAsync();
        await _agent.NextAsync();
        _agent.Time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<QgaTimeoutException>(() => asked);
    }

    [Fact]
    public async Task Slow_commands_have_more_time_by_themselves()
    {
        await using var guest = await _agent.ConnectAsync(Options);
        var asked = guest.FsFreezeFreezeAsync();
        var request = await _agent.NextAsync();
        _agent.Time.Advance(TimeSpan.FromMinutes(9));
        _agent.Answer(request, 3);
        Assert.Equal(3, await asked);
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _agent.ConnectAsync(Options with { Timeout = TimeSpan.Zero }));
        await Assert.ThrowsAsync<ArgumentException>(() => _agent.ConnectAsync(Options with { ConnectTimeout = Timeout.InfiniteTimeSpan }));
        await Assert.ThrowsAsync<ArgumentException>(() => _agent.ConnectAsync(Options with { LongestAnswer = 0 }));
        await Assert.ThrowsAsync<ArgumentException>(() => _agent.ConnectAsync(Options with { IdleTimeout = TimeSpan.Zero }));
        Assert.Equal(0, _agent.Connections);

        await using var guest = await _agent.ConnectAsync(Options);
        Assert.Throws<ArgumentOutOfRangeException>(() => guest.Within(TimeSpan.FromDays(31)));
        Assert.Throws<ArgumentOutOfRangeException>(() => guest.Within(TimeSpan.Zero));
    }

    [Fact]
    public async Task Closed_connection_fails_what_is_under_way_and_what_comes_later()
    {
        var guest = await _agent.ConnectAsync();
        var asked = guest.PingAsync();
        await _agent.NextAsync();
        await guest.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => asked);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => guest.PingAsync());
        await guest.DisposeAsync();
    }

    [Fact]
    public async Task Answer_may_be_as_long_as_what_was_asked_for_takes_and_no_longer()
    {
        await using var guest = await _agent.ConnectAsync();
        var asked = guest.PingAsync();
        _agent.Answer(await _agent.NextAsync(), new string('x', 11 << 20));
        Assert.Equal("an answer has more than 10485760 bytes", (await Assert.ThrowsAsync<QgaProtocolException>(() => asked)).Message);

        var read = guest.FileReadAsync(1000, 12 << 20);
        var bytes = Convert.ToBase64String(new byte[12 << 20]);
        _agent.Answer(await _agent.NextAsync(), new JObject { ["count"] = 12 << 20, ["buf-b64"] = bytes, ["eof"] = false });
        Assert.Equal(12 << 20, (await read).Data.Length);
    }

    /// <summary>Asks for something and gives the answer that the agent is told to send.</summary>
    private async Task<long> Asked(GuestAgent guest, long answer)
    {
        var asked = guest.GetTimeAsync();
        await _agent.AnswerAsync("guest-get-time", answer);
        return await asked.WaitAsync(Eventually.Patience);
    }

    /// <summary>Gives the same bytes again and again, at once.</summary>
    private sealed class EndlessStream(string text) : DuplexStream
    {
        private int _reads;

        internal int Reads => Volatile.Read(ref _reads);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _reads);
            return new(System.Text.Encoding.ASCII.GetBytes(text, buffer.Span));
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;
    }

    private sealed class ReluctantStream(Stream stream) : DuplexStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => stream.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => stream.WriteAsync(buffer, cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            throw new IOException("it does not want to close");
        }
    }
}
