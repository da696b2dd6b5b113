using Qga.Transport.Channels;

namespace Qga.Transport.Tests.Channels;

public sealed class ListenerSourceTests
{
    [Fact]
    public async Task Each_client_is_a_stream_until_the_source_is_closed()
    {
        using var socket = new MemoryStream();
        var clients = new Queue<Stream>([new MemoryStream(), new MemoryStream()]);
        var expected = clients.ToArray();
        using var source = new ListenerSource(() => new ListenerSource.Listener(socket, () => ValueTask.FromResult(clients.Dequeue())));

        await NotListening(source);
        source.Open();
        Assert.Same(expected[0], await source.NextAsync());
        Assert.Same(expected[1], await source.NextAsync());
        Assert.Equal(StreamEnd.ClientDone, source.StreamEnd);

        source.Dispose();
        Assert.False(socket.CanRead);
        await NotListening(source);
    }

    [Fact]
    public void Socket_that_fails_to_listen_has_not_opened()
    {
        var works = false;
        using var source = new ListenerSource(() => works
            ? new ListenerSource.Listener(Stream.Null, () => ValueTask.FromResult(Stream.Null))
            : throw new ChannelException("Address already in use"));

        Assert.Throws<ChannelException>(source.Open);
        Assert.False(source.HasOpened);

        works = true;
        source.Open();
        Assert.True(source.HasOpened);
    }

    private static async Task NotListening(ListenerSource source) =>
        Assert.Equal("the socket does not listen", (await Assert.ThrowsAsync<ChannelException>(async () => await source.NextAsync())).Message);
}
