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
    public async Task Failure_to_accept_keeps_its_words()
    {
        var cause = new ChannelException("accept: Bad file descriptor");
        using var source = new ListenerSource(() => new ListenerSource.Listener(Stream.Null, () => ValueTask.FromException<Stream>(cause)));
        source.Open();

        Assert.Same(cause, await Assert.ThrowsAsync<ChannelException>(async () => await source.NextAsync()));
    }

    [Fact]
    public void Failure_to_listen_is_one_of_the_channel_and_keeps_its_words()
    {
        var cause = new ChannelException("no listener");
        using var source = new ListenerSource(() => throw cause);

        Assert.Same(cause, Assert.Throws<ChannelException>(source.Open));
    }

    private static async Task NotListening(ListenerSource source) =>
        Assert.Equal("the socket does not listen", (await Assert.ThrowsAsync<ChannelException>(async () => await source.NextAsync())).Message);
}
