using Newtonsoft.Json.Linq;
using Qga.Testing;

namespace Qga.Client.Tests.Files;

/// <summary>A copy and its agent, request by request.</summary>
public sealed class UploadTests : IAsyncDisposable
{
    private const int Chunk = 1 << 20;
    private const int Depth = 2;

    private readonly FakeAgent _agent = new();

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task Several_chunks_are_under_way_at_once()
    {
        await using var guest = await _agent.ConnectAsync();
        _agent.Client.CountFromHere();
        var copy = await BeginAsync(guest, new byte[(3 * Chunk) + 1]);
        List<JObject> underWay = [await _agent.NextAsync("guest-file-write"), await _agent.NextAsync("guest-file-write")];
        Answer(underWay[0]);
        underWay.Add(await _agent.NextAsync("guest-file-write"));
        Answer(underWay[1]);
        underWay.Add(await _agent.NextAsync("guest-file-write"));
        Assert.Equal(new byte[1], Convert.FromBase64String((string)underWay[^1]["arguments"]!["buf-b64"]!));
        Answer(underWay[2]);
        Answer(underWay[3]);
        await _agent.AnswerAsync("guest-file-close");
        Assert.Equal((3 * Chunk) + 1, (await copy).Bytes);
        Assert.Equal(Depth, _agent.Client.MostAhead);
    }

    [Fact]
    public async Task Source_that_has_nothing_yet_holds_nobody_up_and_is_no_timeout()
    {
        await using var guest = await _agent.ConnectAsync();
        var source = new SlowStream();
        var copy = guest.Files.UploadAsync(source, "/there", new UploadOptions { InPlace = true, Verify = false });
        await _agent.AnswerAsync("guest-file-open", 1000);
        for (var round = 0; round < 2; round++)
        {
            await source.Asked();
            var thaw = guest.ThawAsync();
            await _agent.AnswerAsync("guest-fsfreeze-thaw", 2);
            Assert.Equal(2, await thaw.WaitAsync(Eventually.Patience));
            _agent.Time.Advance(TimeSpan.FromHours(1));
            source.Give(new byte[Chunk]);
            Answer(await _agent.NextAsync("guest-file-write"));
        }

        await source.Asked();
        source.Give([]);
        await _agent.AnswerAsync("guest-file-close");
        Assert.Equal(2 * Chunk, (await copy.WaitAsync(Eventually.Patience)).Bytes);
        Assert.Equal(1, _agent.Connections);
    }

    [Fact]
    public async Task Answers_are_taken_while_the_source_has_nothing_yet()
    {
        await using var guest = await _agent.ConnectAsync();
        var source = new SlowStream();
        List<long> heard = [];
        var options = new UploadOptions { InPlace = true, Verify = false };
        var copy = guest.Files.UploadAsync(source, "/there", options, new Agents.Heard<TransferProgress>(progress => heard.Add(progress.Bytes)));
        await _agent.AnswerAsync("guest-file-open", 1000);
        await source.Asked();
        source.Give(new byte[Chunk]);
        var write = await _agent.NextAsync("guest-file-write");
        await source.Asked();
        Answer(write);
        Eventually.True(() => heard.Count == 1);
        source.Give([]);
        await _agent.AnswerAsync("guest-file-close");
        Assert.Equal(Chunk, (await copy.WaitAsync(Eventually.Patience)).Bytes);
    }

    [Fact]
    public async Task Source_that_never_has_anything_does_not_keep_the_connection_from_being_closed()
    {
        var guest = await _agent.ConnectAsync();
        var source = new SlowStream();
        var copy = guest.Files.UploadAsync(source, "/there", new UploadOptions { InPlace = true, Verify = false });
        await _agent.AnswerAsync("guest-file-open", 1000);
        await source.Asked();
        await guest.DisposeAsync().AsTask().WaitAsync(Eventually.Patience);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => copy.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Source_that_never_has_anything_can_be_given_up()
    {
        await using var guest = await _agent.ConnectAsync();
        var source = new SlowStream();
        using var cancel = new CancellationTokenSource();
        var copy = guest.Files.UploadAsync(source, "/there", new UploadOptions { InPlace = true, Verify = false }, cancellationToken: cancel.Token);
        await _agent.AnswerAsync("guest-file-open", 1000);
        await source.Asked();
        await cancel.CancelAsync();
        await _agent.AnswerAsync("guest-file-close");
        await _agent.AnswerAsync("guest-file-open", 1001);
        await _agent.AnswerAsync("guest-file-close");
        Assert.Equal(cancel.Token, (await Assert.ThrowsAsync<OperationCanceledException>(() => copy.WaitAsync(Eventually.Patience))).CancellationToken);
    }

    [Theory]
    [InlineData("failed to open file '/there' (mode: 'r'): Too many open files")]
    [InlineData("failed to open file '/there' (mode: 'r'): Permission denied")]
    public async Task What_can_not_be_looked_at_is_not_overwritten(string reason)
    {
        await using var guest = await _agent.ConnectAsync();
        var copy = guest.Files.UploadAsync(new MemoryStream([1]), "/there");
        _agent.Refuse(await _agent.NextAsync("guest-exec"), "Command guest-exec has been disabled", "CommandNotFound");
        _agent.Refuse(await _agent.NextAsync("guest-file-open"), reason);
        Assert.Equal(reason, (await Assert.ThrowsAsync<QgaCommandException>(() => copy.WaitAsync(Eventually.Patience))).Description);
    }

    [Fact]
    public async Task File_whose_opening_is_given_up_is_closed_once_it_is_open()
    {
        await using var guest = await _agent.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var copy = guest.Files.UploadAsync(new MemoryStream([1]), "/there", new UploadOptions { InPlace = true }, cancellationToken: cancel.Token);
        var open = await _agent.NextAsync("guest-file-open");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy.WaitAsync(Eventually.Patience));
        _agent.Answer(open, 1007);
        Assert.Equal(1007, (long)(await _agent.AnswerAsync("guest-file-close"))["handle"]!);
    }

    [Fact]
    public async Task Others_have_their_turn_between_two_chunks()
    {
        await using var guest = await _agent.ConnectAsync();
        var copy = await BeginAsync(guest, new byte[4 * Chunk]);
        List<JObject> underWay = [];
        for (var chunk = 0; chunk < Depth; chunk++)
            underWay.Add(await _agent.NextAsync("guest-file-write"));
        var ping = guest.PingAsync();
        underWay.ForEach(Answer);
        await _agent.AnswerAsync("guest-ping");
        await ping.WaitAsync(Eventually.Patience);

        Answer(await _agent.NextAsync("guest-file-write"));
        Answer(await _agent.NextAsync("guest-file-write"));
        await _agent.AnswerAsync("guest-file-close");
        Assert.Equal(4 * Chunk, (await copy).Bytes);
    }

    [Fact]
    public async Task Copy_that_is_given_up_while_it_is_compared_is_not_renamed()
    {
        await using var guest = await _agent.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var copy = guest.Files.UploadAsync(new MemoryStream([1]), "/there", cancellationToken: cancel.Token);
        await SendBesideAsync();
        Assert.DoesNotContain("mv ", await NextScriptAsync(), StringComparison.Ordinal);
        await _agent.NextAsync("guest-exec-status");
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => copy.WaitAsync(Eventually.Patience));

        var ping = guest.PingAsync();
        await _agent.AnswerAsync("guest-ping");
        await ping.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task Copy_that_is_being_renamed_is_not_given_up()
    {
        await using var guest = await _agent.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var copy = guest.Files.UploadAsync(new MemoryStream([1]), "/there", cancellationToken: cancel.Token);
        await SendBesideAsync();
        await NextScriptAsync();
        await EndScriptAsync();
        Assert.Contains("mv ", await NextScriptAsync(), StringComparison.Ordinal);
        await cancel.CancelAsync();
        await EndScriptAsync();
        Assert.Equal(1, (await copy.WaitAsync(Eventually.Patience)).Bytes);
    }

    [Fact]
    public async Task Chunk_that_fails_ends_the_copy_and_what_is_answered_later_is_dropped()
    {
        await using var guest = await _agent.ConnectAsync();
        var copy = await BeginAsync(guest, new byte[4 * Chunk]);
        List<JObject> underWay = [];
        for (var chunk = 0; chunk < Depth; chunk++)
            underWay.Add(await _agent.NextAsync("guest-file-write"));
        Answer(underWay[0]);
        var late = await _agent.NextAsync("guest-file-write");
        _agent.Refuse(underWay[1], "failed to write to file: No space left on device");
        Answer(late);

        // It closes the file, and empties what it can't remove.
        await _agent.AnswerAsync("guest-file-close");
        await _agent.AnswerAsync("guest-file-open", 1001);
        await _agent.AnswerAsync("guest-file-close");
        Assert.Equal("failed to write to file: No space left on device", (await Assert.ThrowsAsync<QgaCommandException>(() => copy)).Description);
    }

    [Fact]
    public async Task Chunk_that_is_stored_in_part_is_an_error()
    {
        await using var guest = await _agent.ConnectAsync();
        var copy = await BeginAsync(guest, new byte[10]);
        _agent.Answer(await _agent.NextAsync("guest-file-write"), new JObject { ["count"] = 9, ["eof"] = false });
        await _agent.AnswerAsync("guest-file-close");
        await _agent.AnswerAsync("guest-file-open", 1001);
        await _agent.AnswerAsync("guest-file-close");

        Assert.Equal("/there: the guest has stored only 9 bytes of a chunk", (await Assert.ThrowsAsync<QgaGuestException>(() => copy)).Message);
    }

    [Fact]
    public async Task Failure_of_the_source_is_the_callers_own_and_leaves_the_connection()
    {
        await using var guest = await _agent.ConnectAsync();
        var copy = guest.Files.UploadAsync(new BrokenStream(), "/there", new UploadOptions { InPlace = true });
        await _agent.AnswerAsync("guest-file-open", 1000);
        await _agent.AnswerAsync("guest-file-close");
        await _agent.AnswerAsync("guest-file-open", 1001);
        await _agent.AnswerAsync("guest-file-close");

        Assert.Equal("bad sector", (await Assert.ThrowsAsync<IOException>(() => copy)).Message);
        Assert.Equal(1, _agent.Connections);
    }

    private async Task<Task<TransferResult>> BeginAsync(GuestAgent guest, byte[] content)
    {
        var copy = guest.Files.UploadAsync(new MemoryStream(content), "/there", new UploadOptions { InPlace = true, Verify = false });
        Assert.Equal("w", (string?)(await _agent.AnswerAsync("guest-file-open", 1000))["mode"]);
        return copy;
    }

    /// <summary>Answers an upload of a byte up to the end of the file.</summary>
    private async Task SendBesideAsync()
    {
        await NextScriptAsync();
        await EndScriptAsync("yes 0 - -\n/there");
        Assert.Equal("/.there.qga-part", (string?)(await _agent.AnswerAsync("guest-file-open", 1000))["path"]);
        Answer(await _agent.NextAsync("guest-file-write"));
        await _agent.AnswerAsync("guest-file-close");
    }

    private async Task<string> NextScriptAsync() => (string)(await _agent.AnswerAsync("guest-exec", new JObject { ["pid"] = 1 }))["arg"]![1]!;

    private async Task EndScriptAsync(string output = "") => await _agent.AnswerAsync(
        "guest-exec-status", new JObject { ["exited"] = true, ["exitcode"] = 0, ["out-data"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(output)) });

    private void Answer(JObject write) =>
        _agent.Answer(write, new JObject { ["count"] = Convert.FromBase64String((string)write["arguments"]!["buf-b64"]!).Length, ["eof"] = false });

    /// <summary>Gives what it is told to, when it is told to, and hears of no token.</summary>
    private sealed class SlowStream : DuplexStream
    {
        private readonly SemaphoreSlim _asked = new(0);
        private TaskCompletionSource<byte[]> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal async Task Asked() => Assert.True(await _asked.WaitAsync(Eventually.Patience));

        internal void Give(byte[] bytes)
        {
            var next = _next;
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            next.SetResult(bytes);
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var next = _next.Task;
            _asked.Release();
            var bytes = await next;
            bytes.CopyTo(buffer);
            return bytes.Length;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class BrokenStream : DuplexStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("bad sector");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
