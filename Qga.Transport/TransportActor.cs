using Akka.Actor;
using Akka.Event;
using Qga.Transport.Channels;
using Qga.Transport.Framing;
using Qga.Transport.Protocol;

namespace Qga.Transport;

/// <summary>
/// Owns one stream and its parser state: reads requests, submits them one after the other, and writes the answers in their
/// order. A sync that has to wait too long gives up what is before it, so that a stuck command never holds its channel.
/// </summary>
public sealed class TransportActor : UntypedActor, IWithTimers
{
    private sealed record BytesRead(int Count);

    private sealed record ReadFailed(Exception Cause);

    private sealed record Written
    {
        internal static readonly Written Instance = new();
    }

    private sealed record WriteFailed(Exception Cause);

    private sealed record GraceOver(long Sequence);

    private const int SmallBuffer = 4 * 1024;
    private const int LargeBuffer = 128 * 1024;

    private readonly Stream _stream;
    private readonly StreamEnd _streamEnd;
    private readonly IActorRef _router;
    private readonly TransportSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    private JsonMessageReader _reader = new();
    private readonly RequestQueue _queue;
    private readonly OutgoingQueue _outgoing;
    private readonly byte[] _smallBuffer = new byte[SmallBuffer];
    private readonly SpareArray _largeBuffer = new(LargeBuffer);
    private byte[] _buffer = [];
    private ReadOnlyMemory<byte> _unread;
    private long _memory;
    private long _impatientSync;
    private bool _isReading;
    private bool _isWriting;
    private bool _inputEnded;
    private bool _hasNoReader;

    /// <summary>Who waits for the answers to leave; null if nobody does.</summary>
    private IActorRef? _drainer;

    private TransportActor(Stream stream, StreamEnd streamEnd, IActorRef router, TransportSettings settings)
    {
        _stream = stream;
        _streamEnd = streamEnd;
        _router = router;
        _settings = settings;
        _queue = new RequestQueue(settings.MostWaitingRequests, settings.MostWaitingBytes);
        _outgoing = new OutgoingQueue(stream);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="stream">The stream, which the actor closes when it stops.</param>
    /// <param name="streamEnd">What the stream's end means.</param>
    /// <param name="router">Takes <see cref="TransportProtocol.Submit"/>.</param>
    /// <param name="settings">The limits.</param>
    public static Props Props(Stream stream, StreamEnd streamEnd, IActorRef router, TransportSettings settings) =>
        ActorFactory.Props(() => new TransportActor(stream, streamEnd, router, settings));

    protected override void PreStart() => Read();

    protected override void PostStop()
    {
        _drainer?.Tell(TransportProtocol.Drained.Instance);
        _stream.Dispose();
        _outgoing.Dispose();
        foreach (var unfinished in _queue.UnderWay)
            unfinished.Record?.GiveUp();
        _settings.Memory.Add(-_memory);
        _settings.Connection?.Dispose();
        _settings.Active();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case BytesRead { Count: 0 }: OnStreamEnd(); break;
            case BytesRead read: OnBytes(read.Count); break;
            case ReadFailed failed: OnStreamFailure("reading", failed.Cause); break;
            case Written: OnWritten(); break;
            case WriteFailed { Cause: OperationCanceledException }: OnWritten(); break;
            case WriteFailed failed: _isWriting = false; OnStreamFailure("writing", failed.Cause); break;
            case TransportProtocol.Answered answered: OnAnswer(answered); break;
            case GraceOver over: OnGraceOver(over.Sequence); break;
            case TransportProtocol.Drain: _drainer = Sender; Advance(); break;
            default: Unhandled(message); break;
        }
    }

    private void OnBytes(int count)
    {
        _isReading = false;
        _log.Debug("read data, count: {0}", count);

        // What comes in while the input is given up is the rest of what was: it must not be taken for a request.
        if (!_inputEnded)
            _unread = _buffer.AsMemory(0, count);
        Advance();
    }

    private void OnStreamEnd()
    {
        _isReading = false;
        _log.Debug("received EOF");
        switch (_streamEnd)
        {
            case StreamEnd.ClientDone:
                _inputEnded = true;
                break;
            case StreamEnd.HostDetached:
                // The parser goes on where it stands, and so do the requests: the kernel may tell late that one host left, when the
                // next one has asked already. Only what can't have been meant for that one is dropped.
                _outgoing.DropHalfSent();
                break;
            default:
                throw new ChannelException("the serial line was hung up");
        }

        Advance();
    }

    private void OnStreamFailure(string action, Exception cause)
    {
        if (_streamEnd != StreamEnd.ClientDone)
            throw new ChannelException($"error {action} channel: {cause.Message}", cause);

        // The client is gone, but what it asked for is done: it may have asked for a shutdown and left.
        _log.Debug("error {0} channel: {1}", action, cause.Message);
        _hasNoReader = true;
        _outgoing.Clear();
        if (action == "reading")
            _inputEnded = true;
        Advance();
    }

    private void OnWritten()
    {
        _isWriting = false;
        Advance();
    }

    private void OnAnswer(TransportProtocol.Answered answered)
    {
        if (_queue.TryAnswer(answered.Sequence, answered.Response))
        {
            Advance();
            return;
        }

        _log.Warning("dropped the late answer to a request that its client has given up");
        Sender.Tell(new TransportProtocol.Undelivered(answered.Response));
    }

    private void OnGraceOver(long sequence)
    {
        if (_queue.First is not { } first || first.Sequence >= sequence)
            return;

        // No command is stuck, only the client, which does not read what it asked for: its sync waits for that too.
        if (!first.IsUnderWay)
        {
            _impatientSync = sequence;
            return;
        }

        foreach (var entry in _queue.GiveUpBefore(sequence))
        {
            if (!entry.IsUnderWay)
                continue;
            _log.Warning("a sync has given up {0}, which has not finished", entry.Request!.Command);
            entry.Record?.GiveUp();
        }

        Advance();
    }

    /// <summary>Does all that can be done now: answers, requests, reading. Every message ends here.</summary>
    private void Advance()
    {
        do
        {
            Parse();
            RunQueue();
        }
        while (!_unread.IsEmpty && _queue.HasRoom);

        Write();
        _settings.Active();
        if (_drainer is not null && _queue.First is not { Response: not null } && _outgoing.IsEmpty && !_isWriting)
        {
            _drainer.Tell(TransportProtocol.Drained.Instance);
            _drainer = null;
        }

        if (_inputEnded && _queue.IsEmpty && _outgoing.IsEmpty && !_isWriting)
            Context.Stop(Self);
        else
            Read();
    }

    private void Parse()
    {
        var input = _unread.Span;
        while (_queue.HasRoom && !input.IsEmpty)
        {
            if (!_reader.TryRead(ref input, out var message))
                break;
            Enqueue(message, message.Memory);
        }

        _unread = _unread[^input.Length..];
        CountMemory();
        if (_settings.Memory.IsExceeded && _memory > RequestMemory.AlwaysAllowed && _streamEnd == StreamEnd.ClientDone && !_inputEnded)
            GiveUpInput();
    }

    private void CountMemory()
    {
        var memory = _reader.Memory + _queue.WaitingBytes;
        _settings.Memory.Add(memory - _memory);
        _memory = memory;
    }

    /// <summary>Takes nothing in any more: what was taken in completely is done and answered yet.</summary>
    private void GiveUpInput()
    {
        var desc = $"the requests of all clients take more than {_settings.Memory.Most >> 20} MiB of memory: this connection is closed";
        _log.Warning("{0}", desc);
        _queue.Add(id: null, QmpResponse.Failure(QmpError.Generic(desc)), bytes: 0);
        _reader = new JsonMessageReader();
        _unread = default;
        _inputEnded = true;
        CountMemory();

        // The others are about to ask for what this one had. The collector's own pace would let them have both, and many times over.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private void Enqueue(JsonMessage message, long bytes)
    {
        if (message.Error is { } desc)
        {
            _queue.Add(id: null, QmpResponse.Failure(QmpError.Generic(desc)), bytes);
            return;
        }

        var isBehindOthers = !_queue.IsEmpty;
        if (QmpRequest.Check(message.Value!, out var id, out var error) is not { } request)
        {
            _queue.Add(id, QmpResponse.Failure(error!), bytes);
            return;
        }

        var isSync = _settings.IsSync(request.Command);
        var entry = _queue.Add(id, request, bytes, isSync, _settings.IsImmediate(request.Command));
        if (isBehindOthers && isSync)
            StartGrace(entry.Sequence);
    }

    private void StartGrace(long sequence) => Timers.StartSingleTimer(sequence, new GraceOver(sequence), _settings.SyncGrace);

    /// <summary>Moves answered requests to the output and submits what comes next.</summary>
    private void RunQueue()
    {
        while (_queue.First is { Response: { } response } first && MakeRoom())
        {
            _queue.RemoveFirst();
            if (first.IsSync)
                Timers.Cancel(first.Sequence);
            var answer = response.IsSilent || _hasNoReader ? null : Compose(ref response, first);
            first.Record?.End(response);
            if (answer is not null)
                _outgoing.Add(answer);
        }

        // The answers of those that are carried out together come and leave together.
        if (!_queue.IsAnswerNear && MakeRoom())
        {
            while (_queue.Submit() is { } next)
                Submit(next);
        }
    }

    private void Submit(RequestQueue.Entry next)
    {
        if (_impatientSync > next.Sequence)
        {
            StartGrace(_impatientSync);
            _impatientSync = 0;
        }

        next.Record = _settings.Connection?.Begin(next.Request!.Command);
        var submit = new TransportProtocol.Submit(next.Sequence, next.Request!)
        {
            Peer = _settings.Peer,
            Channel = _settings.Channel,
            Record = next.Record,
        };
        _router.Tell(submit);
    }

    /// <summary>Sees to it that there is room for another answer; if not, a write is under way, whose end comes back here.</summary>
    private bool MakeRoom()
    {
        if (!_outgoing.HasRoom)
            Write();
        return _outgoing.HasRoom;
    }

    /// <summary>Makes the message of a response; of an error in its place if that is too large, or can't be written.</summary>
    private OutgoingMessage Compose(ref QmpResponse response, RequestQueue.Entry entry)
    {
        try
        {
            var answer = QmpWriter.Write(response, entry.Id);
            if (_settings.MostAnswer() is not { } most || response.Error is not null || answer.WireSize is var size && size <= most)
                return answer;
            answer.Dispose();
            response = QmpResponse.Failure(QmpError.Generic(
                $"the answer to {entry.Request?.Command} takes {size} bytes, more than the {most} of max-answer in group [qga]"));
        }
        catch (Exception bug)
        {
            _log.Error(bug, "failed to write the result of {0}", entry.Request?.Command);
            response = QmpResponse.Failure(QmpError.Generic("internal error: failed to write the result"));
        }

        return QmpWriter.Write(response, entry.Id);
    }

    private void Write()
    {
        if (_isWriting || _queue.IsAnswerNear || _outgoing.TryWriteAll(out var rest))
            return;
        _isWriting = true;
        rest.PipeTo(Self, success: () => Written.Instance, failure: cause => new WriteFailed(cause));
    }

    private void Read()
    {
        // Requests that can't be stuck are answered before others are read: what waits in memory costs the garbage collector time.
        if (_isReading || _inputEnded || _queue.IsAnswerNear || !_queue.HasRoom || !_unread.IsEmpty)
            return;

        _isReading = true;
        _stream.ReadAsync(FitBuffer()).AsTask().PipeTo(Self,
            success: count => new BytesRead(count), failure: cause => new ReadFailed(cause));
    }

    /// <summary>A large message earns a large buffer.</summary>
    private byte[] FitBuffer() => _buffer = _reader.BufferedBytes < SmallBuffer ? _smallBuffer : _largeBuffer.Take();
}
