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
        var copy = await BeginAsync(guest, new byte[(3 * Chunk) + 1]);
        List<JObject> underWay = [await _agent.NextAsync("guest-file-write"), await _agent.NextAsync("guest-file-write")];
        Assert.False(_agent.HasRequest);

        Answer(underWay[0]);
        underWay.Add(await _agent.NextAsync("guest-file-write"));
        Answer(underWay[1]);
        underWay.Add(await _agent.NextAsync("guest-file-write"));
        Assert.Equal(new byte[1], Convert.FromBase64String((string)underWay[^1]["arguments"]!["buf-b64"]!));
        Answer(underWay[2]);
        Answer(underWay[3]);
        await _agent.AnswerAsync("guest-file-close");
        Assert.Equal((3 * Chunk) + 1, (await copy).Bytes);
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

    private void Answer(JObject write) =>
        _agent.Answer(write, new JObject { ["count"] = Convert.FromBase64String((string)write["arguments"]!["buf-b64"]!).Length, ["eof"] = false });

    private sealed class BrokenStream : DuplexStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("bad sector");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
