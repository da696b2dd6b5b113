using System.Threading.Channels;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Configs;
using Akka.TestKit.Xunit2;
using Qga.Transport.Channels;

namespace Qga.Transport.Tests;

public sealed class ChannelActorTests : TestKit
{
    private static readonly TimeSpan Instant = TimeSpan.FromTicks(1);
    private static readonly ChannelException Broken = new("the channel is broken");

    private readonly TestProbe _lost;

    public ChannelActorTests()
        : base(TestConfigs.TestSchedulerConfig) => _lost = CreateTestProbe();

    [Fact]
    public void Open_port_gets_one_transport()
    {
        using var source = new Source(TestActor, StreamEnd.HostDetached);
        var channel = Start(source, isOpen: true, retries: true);
        var stream = source.Give();

        Assert.Same(stream, ExpectTransport().Stream);
        ExpectNothing(channel);
        Assert.Equal(1, source.Asked);
    }

    [Fact]
    public void Listener_gets_a_transport_for_each_client()
    {
        using var source = new Source(TestActor, StreamEnd.ClientDone);
        Start(source, isOpen: true, retries: false);

        for (var client = 0; client < 3; client++)
            Assert.Same(source.Give(), ExpectTransport().Stream);
    }

    [Fact]
    public void Closed_channel_is_opened_after_the_pause()
    {
        using var source = new Source(TestActor, StreamEnd.HostDetached);
        var channel = Start(source, isOpen: false, retries: true);
        var stream = source.Give();
        Settle(channel);

        Advance(ChannelActor.RetryPause - Instant);
        ExpectNothing(channel);
        Advance(Instant);

        ExpectMsg("opened");
        Assert.Same(stream, ExpectTransport().Stream);
    }

    [Fact]
    public void Opening_is_tried_until_it_succeeds()
    {
        using var source = new Source(TestActor, StreamEnd.HostDetached) { FailuresToOpen = 3 };
        var channel = Start(source, isOpen: false, retries: true);
        source.Give();

        for (var failure = 0; failure < 3; failure++)
        {
            Settle(channel);
            Advance(ChannelActor.RetryPause);
            ExpectMsg("failed to open");
        }

        Settle(channel);
        Advance(ChannelActor.RetryPause);
        ExpectMsg("opened");
        ExpectTransport();
    }

    [Fact]
    public void Port_that_fails_is_closed_and_opened_anew()
    {
        using var source = new Source(TestActor, StreamEnd.HostDetached);
        var channel = Start(source, isOpen: true, retries: true);
        source.Give();
        var first = ExpectTransport().Transport;
        var watcher = CreateTestProbe();
        watcher.Watch(first);

        first.Tell(Broken);
        ExpectMsg("closed");
        watcher.ExpectTerminated(first);
        Settle(channel);
        var stream = source.Give();
        Advance(ChannelActor.RetryPause);

        ExpectMsg("opened");
        var second = ExpectTransport();
        Assert.Same(stream, second.Stream);
        Assert.NotEqual(first, second.Transport);
        ExpectNothing(_lost, channel);
    }

    [Fact]
    public void Port_that_fails_is_lost_without_retries()
    {
        using var source = new Source(TestActor, StreamEnd.LineLost);
        var channel = Start(source, isOpen: true, retries: false);
        source.Give();

        ExpectTransport().Transport.Tell(Broken);

        ExpectMsg("closed");
        Assert.Same(Broken, _lost.ExpectMsg<ChannelException>());
        Advance(ChannelActor.RetryPause * 10);
        ExpectNothing(channel);
        ExpectNothing(_lost, channel);
    }

    [Fact]
    public void Listener_that_fails_is_lost_once_without_retries()
    {
        using var source = new Source(TestActor, StreamEnd.ClientDone);
        var channel = Start(source, isOpen: true, retries: false);
        source.Give();
        var transport = ExpectTransport().Transport;

        source.Fail(Broken);

        ExpectMsg("closed");
        Assert.Same(Broken, _lost.ExpectMsg<ChannelException>());
        Advance(ChannelActor.RetryPause * 10);
        ExpectNothing(channel);
        ExpectNothing(_lost, channel);
        ExpectAlive(transport);
    }

    [Fact]
    public void Listener_that_fails_is_opened_anew_and_keeps_its_clients()
    {
        using var source = new Source(TestActor, StreamEnd.ClientDone);
        var channel = Start(source, isOpen: true, retries: true);
        source.Give();
        var transport = ExpectTransport().Transport;

        source.Fail(Broken);
        ExpectMsg("closed");
        Settle(channel);
        Advance(ChannelActor.RetryPause);
        ExpectMsg("opened");
        source.Give();

        ExpectTransport();
        ExpectAlive(transport);
        ExpectNothing(_lost, channel);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bug_in_the_transport_of_a_port_costs_no_more_than_a_pause(bool retries)
    {
        using var source = new Source(TestActor, StreamEnd.HostDetached);
        var channel = Start(source, isOpen: true, retries);
        source.Give();

        ExpectTransport().Transport.Tell(new InvalidOperationException("a bug"));
        ExpectMsg("closed");
        Settle(channel);
        source.Give();
        Advance(ChannelActor.RetryPause);

        ExpectMsg("opened");
        ExpectTransport();
        ExpectNothing(_lost, channel);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bug_in_the_transport_of_a_client_costs_its_connection(bool retries)
    {
        using var source = new Source(TestActor, StreamEnd.ClientDone);
        var channel = Start(source, isOpen: true, retries);
        source.Give();
        var first = ExpectTransport().Transport;
        source.Give();
        var second = ExpectTransport().Transport;
        Watch(first);

        first.Tell(new InvalidOperationException("a bug"));
        ExpectTerminated(first);

        ExpectAlive(second);
        source.Give();
        ExpectTransport();
        Advance(ChannelActor.RetryPause);
        ExpectNothing(channel);
        ExpectNothing(_lost, channel);
    }

    [Fact]
    public void Source_is_closed_with_its_channel()
    {
        using var source = new Source(TestActor, StreamEnd.ClientDone);
        var channel = Start(source, isOpen: true, retries: true);

        Sys.Stop(channel);

        ExpectMsg("closed");
    }

    private IActorRef Start(Source source, bool isOpen, bool retries)
    {
        var (news, lost) = (TestActor, _lost.Ref);
        return Sys.ActorOf(ChannelActor.Props(
            source, isOpen, stream => ActorFactory.Props(() => new Transport(stream, news)), retries, cause => lost.Tell(cause)));
    }

    private Started ExpectTransport() => ExpectMsg<Started>();

    private void ExpectAlive(IActorRef transport)
    {
        transport.Tell("are you there?", TestActor);
        ExpectMsg("yes");
    }

    /// <summary>Waits until the channel has done all that it was told so far, such as to set its timer.</summary>
    private void Settle(IActorRef channel)
    {
        var asker = CreateTestProbe();
        channel.Tell(new Identify(messageId: null), asker);
        asker.ExpectMsg<ActorIdentity>();
    }

    private void ExpectNothing(IActorRef channel)
    {
        Settle(channel);
        TestActor.Tell("nothing before this");
        ExpectMsg("nothing before this");
    }

    private void ExpectNothing(TestProbe probe, IActorRef channel)
    {
        Settle(channel);
        probe.Ref.Tell("nothing before this");
        probe.ExpectMsg("nothing before this");
    }

    private void Advance(TimeSpan time) => ((TestScheduler)Sys.Scheduler).Advance(time);

    private sealed record Started(IActorRef Transport, Stream Stream);

    /// <summary>Fails with every exception that it is told.</summary>
    private sealed class Transport(Stream stream, IActorRef news) : UntypedActor
    {
        protected override void PreStart() => news.Tell(new Started(Self, stream));

        protected override void OnReceive(object message)
        {
            if (message is Exception failure)
                throw failure;
            Sender.Tell("yes");
        }
    }

    /// <summary>A source whose clients the test brings, and which tells of its openings and closings.</summary>
    private sealed class Source(IActorRef news, StreamEnd end) : IChannelSource
    {
        private readonly Channel<object> _clients = Channel.CreateUnbounded<object>();

        public int FailuresToOpen { get; set; }

        /// <summary>How many streams the channel has asked for.</summary>
        public int Asked { get; private set; }

        public StreamEnd StreamEnd => end;

        public bool HasOpened { get; private set; }

        public MemoryStream Give()
        {
            var stream = new MemoryStream();
            _clients.Writer.TryWrite(stream);
            return stream;
        }

        public void Fail(Exception cause) => _clients.Writer.TryWrite(cause);

        public void Open()
        {
            if (FailuresToOpen-- > 0)
            {
                news.Tell("failed to open");
                throw Broken;
            }

            HasOpened = true;
            news.Tell("opened");
        }

        public async ValueTask<Stream> NextAsync()
        {
            Asked++;
            return await _clients.Reader.ReadAsync() is var next && next is Stream stream ? stream : throw (Exception)next;
        }

        public void Dispose() => news.Tell("closed");
    }
}
