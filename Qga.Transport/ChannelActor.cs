using Akka.Actor;
using Akka.Event;
using Qga.Transport.Channels;

namespace Qga.Transport;

/// <summary>
/// Keeps the agent reachable over one source: makes a <see cref="TransportActor"/> for each of its streams, and opens the
/// source again after it failed, if the administrator wants that.
/// </summary>
public sealed class ChannelActor : UntypedActor, IWithTimers
{
    private sealed record Opened(Stream Stream);

    private sealed record Failed(Exception Cause);

    private sealed record Reopen
    {
        internal static readonly Reopen Instance = new();
    }

    /// <summary>The pause before a failed channel is opened again, as qemu-ga's with <c>--retry-path</c>.</summary>
    public static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);

    private readonly IChannelSource _source;
    private readonly Func<Stream, Props> _transport;
    private readonly bool _retries;
    private readonly bool _isOpen;
    private readonly Action<Exception> _lost;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private bool _hasFailed;
    private IActorRef _drainer = ActorRefs.Nobody;
    private int _undrained;

    private ChannelActor(IChannelSource source, bool isOpen, Func<Stream, Props> transport, bool retries, Action<Exception> lost)
    {
        _source = source;
        _isOpen = isOpen;
        _transport = transport;
        _retries = retries;
        _lost = lost;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Told when the source fails, and when it is open again.</summary>
    private Action<bool> OpenChanged { get; init; } = static _ => { };

    /// <param name="source">Where the streams come from; the actor disposes of it.</param>
    /// <param name="isOpen">Whether the source is open already.</param>
    /// <param name="transport">Makes the actor for one stream.</param>
    /// <param name="retries">Whether to open a failed source again, every <see cref="RetryPause"/>.</param>
    /// <param name="lost">Called once with the cause, when the source has failed and is not opened again.</param>
    /// <param name="openChanged">Told when the source fails, and when it is open again.</param>
    public static Props Props(
        IChannelSource source, bool isOpen, Func<Stream, Props> transport, bool retries, Action<Exception> lost, Action<bool>? openChanged = null) =>
        ActorFactory.Props(() => new ChannelActor(source, isOpen, transport, retries, lost) { OpenChanged = openChanged ?? (static _ => { }) });

    protected override void PreStart()
    {
        if (_isOpen)
            Next();
        else
            Retry();
    }

    protected override void PostStop() => _source.Dispose();

    /// <summary>
    /// A transport that fails is stopped, never restarted: its stream is unusable, or its parser can't be trusted. A client that
    /// was connected connects anew; a port is opened anew.
    /// </summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(
        maxNrOfRetries: -1, withinTimeMilliseconds: -1, loggingEnabled: false, localOnlyDecider: cause =>
        {
            if (_source.StreamEnd == StreamEnd.ClientDone)
                _log.Error(cause, "a connection is closed after an internal error");
            else
                Self.Tell(new Failed(cause));
            return Directive.Stop;
        });

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Opened opened: OnOpened(opened.Stream); break;
            case Failed failed: OnFailed(failed.Cause); break;
            case Reopen: OnReopen(); break;
            case TransportProtocol.Drain: Drain(); break;
            case TransportProtocol.Drained: OnDrained(); break;
            default: Unhandled(message); break;
        }
    }

    private void Next() => _source.NextAsync().AsTask().PipeTo(Self,
        success: stream => new Opened(stream), failure: cause => new Failed(cause));

    private void OnOpened(Stream stream)
    {
        Context.ActorOf(_transport(stream));
        if (_source.StreamEnd == StreamEnd.ClientDone)
            Next();
    }

    private void OnFailed(Exception cause)
    {
        _source.Dispose();
        OpenChanged(false);

        // A bug of ours must not cost the guest its agent: only a channel that is really broken ends it.
        if (_retries || cause is not ChannelException)
        {
            _log.Error("{0}", cause is ChannelException ? cause.Message : cause.ToString());
            _log.Warning("agent stopped unexpectedly, restarting...");
            Retry();
        }
        else if (!_hasFailed)
        {
            _hasFailed = true;
            _lost(cause);
        }
    }

    /// <summary>Asks all transports; one that ends meanwhile says so as well.</summary>
    private void Drain()
    {
        _drainer = Sender;
        _undrained = 1;
        foreach (var transport in Context.GetChildren())
        {
            _undrained++;
            transport.Tell(TransportProtocol.Drain.Instance);
        }

        OnDrained();
    }

    private void OnDrained()
    {
        if (--_undrained == 0)
            _drainer.Tell(TransportProtocol.Drained.Instance);
    }

    private void Retry() => Timers.StartSingleTimer(Reopen.Instance, Reopen.Instance, RetryPause);

    private void OnReopen()
    {
        try
        {
            _source.Open();
            _log.Info("channel opened");
            OpenChanged(true);
            Next();
        }
        catch (ChannelException failure)
        {
            _log.Error("{0}", failure.Message);
            Retry();
        }
    }
}
