using System.Buffers;
using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>
/// A stream to an agent. It is opened when it is needed and opened anew when it was lost. After anything that leaves the place in it
/// uncertain (a timeout, a request that was given up, bytes that are no answer) the next request finds its place by a sync.
/// </summary>
/// <param name="name">What errors call it.</param>
/// <param name="open">Opens the stream.</param>
/// <param name="options">How long to wait, and how much to take.</param>
internal sealed class StreamConnection(string name, Func<CancellationToken, Task<Stream>> open, GuestAgentOptions options) : IConnection
{
    /// <summary>Ends whatever the agent's parser has begun, and stands before the answer to a guest-sync-delimited.</summary>
    private const byte Sentinel = 0xFF;

    private readonly Turns _turns = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ArrayBufferWriter<byte> _output = new();
    private byte[] _payload = [];
    private AnswerStream? _stream;
    private bool _isInSync;
    private long _lastId;

    /// <remarks>
    /// An agent takes requests of 64 MiB, and 48 MiB of a file. With two of a mebibyte under way neither end waits for the other; more or larger
    /// ones are no faster with qga, and with qemu-ga all are alike.
    /// </remarks>
    public ConnectionLimits Limits { get; } = new(
        LongestRequest: 64 << 20, ReadSize: 1 << 20, WriteSize: 1 << 20, Depth: 2, ShortestWait: TimeSpan.FromMilliseconds(10));

    public async Task OpenAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var turn = await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        using var deadline = new Deadline(timeout, options.TimeProvider, cancellationToken, _closing.Token);
        await GuardAsync(() => MakeReadyAsync(deadline.Token), () => "the agent", deadline, cancellationToken).ConfigureAwait(false);
    }

    public async Task<Answer> ExchangeAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var turn = await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        using var deadline = new Deadline(timeout, options.TimeProvider, cancellationToken, _closing.Token);
        Answer? answer = null;
        await GuardAsync(
            async () =>
            {
                await MakeReadyAsync(deadline.Token).ConfigureAwait(false);
                answer = request.IsAnswered
                    ? await AskAsync(request, deadline.Token).ConfigureAwait(false)
                    : await FailureOfAsync(request, cancellationToken).ConfigureAwait(false) ?? new Answer(new JObject(), null, null);
            },
            () => request.Command, deadline, cancellationToken).ConfigureAwait(false);
        return answer!;
    }

    public async Task ExchangeAllAsync(
        Func<CancellationToken, ValueTask<Request?>> next,
        Func<Answer, CancellationToken, ValueTask> answered,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        for (var isDone = false; !isDone;)
        {
            using var turn = await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
            using var deadline = new Deadline(timeout, options.TimeProvider, cancellationToken, _closing.Token);
            var last = "the agent";
            await GuardAsync(
                async () =>
                {
                    await MakeReadyAsync(deadline.Token).ConfigureAwait(false);
                    Queue<(Request Request, long Id)> underWay = [];
                    var hasSent = false;
                    do
                    {
                        // Who waits gets its turn between two requests, and so does this one.
                        while (!isDone && underWay.Count < Limits.Depth && !(hasSent && _turns.AreAwaited))
                        {
                            if (await next(cancellationToken).ConfigureAwait(false) is not { } request)
                            {
                                isDone = true;
                                break;
                            }

                            last = request.Command;
                            deadline.Restart();
                            underWay.Enqueue((request, await SendAsync(request, deadline.Token).ConfigureAwait(false)));
                            hasSent = true;
                        }

                        if (underWay.TryDequeue(out var oldest))
                        {
                            deadline.Restart();
                            var answer = await AnswerToAsync(oldest.Request, oldest.Id, deadline.Token).ConfigureAwait(false);
                            await answered(answer, cancellationToken).ConfigureAwait(false);
                        }
                    }
                    while (underWay.Count > 0 || (!isDone && !_turns.AreAwaited));
                },
                () => last, deadline, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        using (await _turns.TakeAsync(CancellationToken.None).ConfigureAwait(false))
            await CloseAsync().ConfigureAwait(false);
    }

    private async Task<Turns.Turn> TakeTurnAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            return await _turns.TakeAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            throw Closed();
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>Does what may leave the place in the stream uncertain, and gives each failure its name.</summary>
    private async Task GuardAsync(Func<Task> exchange, Func<string> what, Deadline deadline, CancellationToken cancellationToken)
    {
        var isWhole = false;
        try
        {
            await exchange().ConfigureAwait(false);
            isWhole = true;
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            throw Closed();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException) when (deadline.IsOver)
        {
            throw new QgaTimeoutException(_isInSync
                ? $"{name}: no answer to {what()} within {deadline.Seconds} s"
                : $"{name}: no guest agent has answered within {deadline.Seconds} s");
        }
        catch (StreamLostException failure)
        {
            await CloseAsync().ConfigureAwait(false);
            throw new QgaConnectionException($"{name}: {failure.Message}", failure.InnerException);
        }
        finally
        {
            _isInSync &= isWhole;
        }
    }

    private ObjectDisposedException Closed() => new(name, $"{name}: it was closed");

    /// <summary>Opens the stream if there is none, and finds the place in it if that is uncertain.</summary>
    private async Task MakeReadyAsync(CancellationToken cancellationToken)
    {
        if (_stream is { HasEnded: true })
            await CloseAsync().ConfigureAwait(false);
        if (_stream is null)
        {
            var opened = await StreamLostException.GuardAsync(() => open(cancellationToken)).ConfigureAwait(false);
            (_stream, _isInSync) = (new AnswerStream(opened, options.LongestAnswer), false);
        }

        if (!_isInSync)
            await SyncAsync(_stream, cancellationToken).ConfigureAwait(false);
        _isInSync = true;
    }

    /// <summary>Drops whatever is in the stream: half a request of an earlier client, answers that nobody waits for any more.</summary>
    private async Task SyncAsync(AnswerStream stream, CancellationToken cancellationToken)
    {
        var number = Random.Shared.NextInt64(1, 1L << 53);
        _output.ResetWrittenCount();
        _output.Write([Sentinel]);
        new Request("guest-sync-delimited", new JObject { ["id"] = number }).WriteTo(_output, id: null);
        await WriteAsync(stream, cancellationToken).ConfigureAwait(false);

        JObject? answer;
        do
        {
            // What has another number belongs to a sync that was given up. Every sentinel begins anew, whole lines or not.
            await stream.SkipPastAsync(Sentinel, cancellationToken).ConfigureAwait(false);
            var line = await stream.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            answer = Answer.TryParse(Encoding.UTF8.GetString(line.Span[(line.Span.LastIndexOf(Sentinel) + 1)..]));
        }
        while (answer?["return"] is not JValue { Value: long returned } || returned != number);
    }

    private async Task<Answer> AskAsync(Request request, CancellationToken cancellationToken)
    {
        var id = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await AnswerToAsync(request, id, cancellationToken).ConfigureAwait(false);
    }

    private async Task<long> SendAsync(Request request, CancellationToken cancellationToken)
    {
        var id = ++_lastId;
        _output.ResetWrittenCount();
        request.WriteTo(_output, id);
        Limits.Check(request, _output.WrittenCount);
        await WriteAsync(_stream!, cancellationToken).ConfigureAwait(false);
        return id;
    }

    private async Task WriteAsync(AnswerStream stream, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(_output.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The write may go on as long as the stream is open.
            await CloseAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The answer to a request. An error without an id is one to what the agent could not parse.</summary>
    private async Task<Answer> AnswerToAsync(Request request, long id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var line = await _stream!.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            if (line.Span is [Sentinel, ..])
                line = line[1..];
            var answer = Answer.Parse(line.Span, request.PayloadName, ref _payload);
            if (answer.Id == id || answer is { Id: null, Error: not null })
                return answer;
        }
    }

    /// <summary>
    /// Sends a request whose success is not answered, and a ping after it: requests are answered in order, so what comes first tells. A
    /// guest that goes down or sleeps may close the stream, or say nothing more.
    /// </summary>
    /// <returns>The error; null for success.</returns>
    private async Task<Answer?> FailureOfAsync(Request request, CancellationToken cancellationToken)
    {
        using var silence = new Deadline(options.SilenceTimeout, options.TimeProvider, cancellationToken, _closing.Token);
        var (id, ping) = (++_lastId, ++_lastId);
        _output.ResetWrittenCount();
        request.WriteTo(_output, id);
        new Request("guest-ping").WriteTo(_output, ping);
        await WriteAsync(_stream!, silence.Token).ConfigureAwait(false);
        try
        {
            while (true)
            {
                var line = await _stream!.ReadLineAsync(silence.Token).ConfigureAwait(false);
                var answer = Answer.Parse(line.Span, payloadName: null, ref _payload);
                if (answer.Id == id || answer is { Id: null, Error: not null })
                {
                    _isInSync = false;      // the ping's answer is still to come
                    return answer;
                }

                if (answer.Id == ping)
                    return null;
            }
        }
        catch (OperationCanceledException) when (silence.IsOver)
        {
            _isInSync = false;
            return null;
        }
        catch (StreamLostException)
        {
            await CloseAsync().ConfigureAwait(false);
            return null;
        }
    }

    private async Task CloseAsync()
    {
        if (_stream is { } stream)
            await stream.DisposeAsync().ConfigureAwait(false);
        (_stream, _isInSync) = (null, false);
    }
}
