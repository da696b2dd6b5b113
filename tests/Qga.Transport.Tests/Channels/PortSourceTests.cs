using Qga.Transport.Channels;

namespace Qga.Transport.Tests.Channels;

public sealed class PortSourceTests
{
    private readonly List<MemoryStream> _opened = [];

    [Fact]
    public async Task Stream_is_given_once_for_each_opening()
    {
        using var source = Source();
        for (var round = 0; round < 2; round++)
        {
            source.Open();
            Assert.Same(_opened[round], await source.NextAsync());
            await NotOpen(source);
        }
    }

    [Fact]
    public async Task Stream_that_was_given_away_outlives_its_source()
    {
        var source = Source();
        source.Open();
        var stream = await source.NextAsync();

        source.Dispose();

        Assert.True(stream.CanRead);
    }

    [Fact]
    public async Task Stream_that_nobody_took_is_closed()
    {
        var source = Source();
        source.Open();

        source.Dispose();

        Assert.False(_opened[0].CanRead);
        await NotOpen(source);
    }

    [Fact]
    public void Failure_to_open_keeps_its_words()
    {
        var cause = new ChannelException("No such device");
        using var source = new PortSource(() => throw cause, StreamEnd.LineLost);

        Assert.Same(cause, Assert.Throws<ChannelException>(source.Open));
        Assert.False(source.HasOpened);
        Assert.Equal(StreamEnd.LineLost, source.StreamEnd);
    }

    private PortSource Source() => new(
        () =>
        {
            _opened.Add(new MemoryStream());
            return _opened[^1];
        },
        StreamEnd.HostDetached);

    private static async Task NotOpen(PortSource source) =>
        Assert.Equal("the port is not open", (await Assert.ThrowsAsync<ChannelException>(async () => await source.NextAsync())).Message);
}
