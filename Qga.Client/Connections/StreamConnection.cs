using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Newtonsoft.Json.Linq;

namespace Qga.Client;

/// <summary>
/// A stream to an agent. It is opened when it is needed and opened anew when it was lost. After anything that leaves the place in it
/// uncertain (a timeout, a request that was given up, bytes that are no answer) the next request finds its place by a sync.
/// </summary>
internal sealed partial class StreamConnection : IConnection
{
    /// <summary>Ends whatever the agent's parser has begun, and stands before the answer to a guest-sync-delimited.</summary>
    private const byte Sentinel = 0xFF;

    private readonly string _name;
    private readonly Func<CancellationToken, Task<Stream>> _open;
    private readonly GuestAgentOptions _options;
    private readonly Turns _turns;
    private readonly ITimer? _idle;
    private ArrayBufferWriter<byte> _output = new();
    private byte[] _payload = [];
    private byte[] _givenPayload = [];
    private AnswerStream? _stream;
    private bool _isInSync;

    /// <summary>Whether the agent repeats ids, as all since 4.0 do.</summary>
    private bool _hasIds;

    /// <summary>Another client's late answers have other ids.</summary>
    private long _lastId = Random.Shared.NextInt64(1, 1L << 52);

    /// <param name="name">What errors call it.</param>
    /// <param name="open">Opens the stream.</param>
    /// <param name="options">How long to wait, and how much to take.</param>
    internal StreamConnection(string name, Func<CancellationToken, Task<Stream>> open, GuestAgentOptions options)
    {
        (_name, _open, _options, _turns) = (name, open, options, new Turns(name));
        if (options.IdleTimeout is not null)
            _idle = options.TimeProvider.CreateTimer(state => _ = CloseIdleAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <remarks>
    /// An agent takes requests of 64 MiB, and 48 MiB of a file. With two of a mebibyte under way neither end waits for the other; more or larger
    /// ones are no faster with qga, and with qemu-ga all are alike.
    /// </remarks>
    public ConnectionLimits Limits { get; } = new(
        LongestRequest: 64 << 20, ReadSize: 1 << 20, WriteSize: 1 << 20, Depth: 2, ShortestWait: TimeSpan.FromMilliseconds(10));

    public async Task OpenAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var turn = await _turns.TakeAsync(cancellationToken).ConfigureAwait(false);
        using var deadline = new Deadline(timeout, _options.TimeProvider, cancellationToken, _turns.Closing);
        await GuardAsync(() => MakeReadyAsync(deadline.Token), () => null, deadline, cancellationToken).ConfigureAwait(false);
    }

    public async Task<Answer> ExchangeAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var turn = await _turns.TakeAsync(cancellationToken).ConfigureAwait(false);
        using var deadline = new Deadline(timeout, _options.TimeProvider, cancellationToken, _turns.Closing);
        Answer? answer = null;
        string? asked = null;
        await GuardAsync(
            async () =>
            {
                await MakeReadyAsync(deadline.Token).ConfigureAwait(false);
                asked = request.Command;
                answer = request.IsAnswered
                    ? await AskAsync(request, deadline.Token).ConfigureAwait(false)
                    : await FailureOfAsync(request, deadline, cancellationToken).ConfigureAwait(false) ?? new Answer(new JObject(), null, null);
            },
            () => asked, deadline, cancellationToken).ConfigureAwait(false);
        return answer!;
    }

    public async ValueTask DisposeAsync()
    {
        using (await _turns.CloseAsync().ConfigureAwait(false))
            await CloseAsync().ConfigureAwait(false);
        if (_idle is not null)
            await _idle.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Does what may leave the place in the stream uncertain, and gives each failure its name.</summary>
    /// <param name="exchange">What is done.</param>
    /// <param name="asked">The command that an answer is missing to; null where the agent has not answered at all.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="cancellationToken">The caller's.</param>
    private async Task GuardAsync(Func<Task> exchange, Func<string?> asked, Deadline deadline, CancellationToken cancellationToken)
    {
        var isWhole = false;
        try
        {
            await exchange().ConfigureAwait(false);
            isWhole = true;
        }
        catch (OperationCanceledException) when (_turns.Closing.IsCancellationRequested || cancellationToken.IsCancellationRequested)
        {
            throw _turns.GivenUp(cancellationToken);
        }
        catch (OperationCanceledException) when (deadline.IsOver)
        {
            throw new QgaTimeoutException(asked() is { } command
                ? $"{_name}: no answer to {command} within {deadline.Seconds} s"
                : $"{_name}: no guest agent has answered within {deadline.Seconds} s");
        }
        catch (StreamLostException failure)
        {
            await CloseAsync().ConfigureAwait(false);
            throw new QgaConnectionException($"{_name}: {failure.Message}", failure.InnerException);
        }
        finally
        {
            _isInSync &= isWhole;
            if (_options.IdleTimeout is { } time)
                _idle!.Change(time, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Opens the stream if there is none, and finds the place in it if that is uncertain.</summary>
    private async Task MakeReadyAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_stream is { HasEnded: true })
            await CloseAsync().ConfigureAwait(false);
        if (_stream is null)
            (_stream, _isInSync, _hasIds) = (new AnswerStream(await OpenStreamAsync(cancellationToken).ConfigureAwait(false)), false, false);

        if (!_isInSync)
            await SyncAsync(_stream, cancellationToken).ConfigureAwait(false);
        _isInSync = true;
    }

    private async Task<Stream> OpenStreamAsync(CancellationToken cancellationToken)
    {
        var opening = StreamLostException.GuardAsync(() => _open(cancellationToken));
        try
        {
            return await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What is connected later has nobody who would use it.
            _ = opening.ContinueWith(
                opened => opened.IsCompletedSuccessfully ? opened.Result.DisposeAsync().AsTask() : Task.FromResult(opened.Exception),
                CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
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
            var line = await stream.ReadLineAsync(Longest(Request.UsualAnswer), cancellationToken).ConfigureAwait(false);
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
            if (_output.Capacity > AnswerStream.LargestKept)
                _output = new ArrayBufferWriter<byte>();
        }
        catch (OperationCanceledException)
        {
            // The write may go on, and look at its bytes, as long as the stream is open.
            _output = new ArrayBufferWriter<byte>();
            await CloseAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The answer to a request.</summary>
    private async Task<Answer> AnswerToAsync(Request request, long id, CancellationToken cancellationToken)
    {
        var stream = _stream!;
        while (true)
        {
            var answer = await ReadAnswerAsync(stream, request, cancellationToken).ConfigureAwait(false);
            if (IsAnswerTo(id, answer) || (answer is { Id: null, Error: null } && !_hasIds))
                return answer;
        }
    }

    private async Task<Answer> ReadAnswerAsync(AnswerStream stream, Request request, CancellationToken cancellationToken)
    {
        if (_payload.Length > AnswerStream.LargestKept)
            _payload = [];
        var line = await stream.ReadLineAsync(Longest(request.LongestAnswer), cancellationToken).ConfigureAwait(false);
        if (line.Span is [Sentinel, ..])
            line = line[1..];
        var answer = Answer.Parse(line.Span, request.PayloadName, ref _payload);
        _hasIds |= answer.Id is not null;
        return answer;
    }

    private int Longest(long needed) => (int)Math.Min(needed, _options.LongestAnswer);

    /// <remarks>An error without an id is one to what the agent could not parse: what it makes of the rest of that, nobody knows.</remarks>
    private bool IsAnswerTo(long id, Answer answer)
    {
        if (answer is { Id: null, Error: not null })
            _isInSync = false;
        return answer.Id == id || answer is { Id: null, Error: not null };
    }

    /// <summary>
    /// Sends a request whose success is not answered, and a ping after it: requests are answered in order, so what comes first tells. A
    /// guest that goes down or sleeps may close the stream, or say nothing more.
    /// </summary>
    /// <returns>The error; null for success.</returns>
    private async Task<Answer?> FailureOfAsync(Request request, Deadline deadline, CancellationToken cancellationToken)
    {
        var (id, ping) = (++_lastId, ++_lastId);
        _output.ResetWrittenCount();
        request.WriteTo(_output, id);
        new Request("guest-ping").WriteTo(_output, ping);

        // What has not left can't have succeeded.
        var stream = _stream!;
        await WriteAsync(stream, deadline.Token).ConfigureAwait(false);
        using var silence = new Deadline(_options.SilenceTimeout, _options.TimeProvider, cancellationToken, _turns.Closing);
        try
        {
            while (true)
            {
                var answer = await ReadAnswerAsync(stream, request, silence.Token).ConfigureAwait(false);
                if (IsAnswerTo(id, answer))
                {
                    _isInSync = false;      // the ping's answer is still to come
                    return answer;
                }

                if (answer.Id == ping || (answer.Id is null && !_hasIds))
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

    /// <summary>Closes what nobody has used for a time, unless somebody does now.</summary>
    private async Task CloseIdleAsync()
    {
        if (_turns.TryTake() is not { } turn)
            return;
        using (turn)
            await CloseAsync().ConfigureAwait(false);
    }

    private async Task CloseAsync()
    {
        var stream = _stream;
        (_stream, _isInSync) = (null, false);
        try
        {
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            // It is of no use any more, whether it was closed in good order or not.
        }
    }
}
