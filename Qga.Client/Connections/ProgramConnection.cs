using System.Text;

namespace Qga.Client;

/// <summary>An agent that a program of the host asks, one run for each request. The program does the sync itself.</summary>
/// <param name="name">What errors call it.</param>
/// <param name="options">How long to wait.</param>
internal abstract class ProgramConnection(string name, GuestAgentOptions options) : IConnection
{
    /// <summary>How much later than the program itself we give up, so that the reason is the program's own.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly Turns _turns = new(name);

    public abstract ConnectionLimits Limits { get; }

    protected string Name => name;

    protected GuestAgentOptions Options => options;

    public async Task OpenAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        _ = await ExchangeAsync(new Request("guest-ping"), timeout, cancellationToken).ConfigureAwait(false);

    public async Task<Answer> ExchangeAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var turn = await _turns.TakeAsync(cancellationToken).ConfigureAwait(false);
        var time = TimeFor(request, timeout);
        using var deadline = new Deadline(time + Margin, options.TimeProvider, cancellationToken, _turns.Closing);
        try
        {
            return await AskAsync(request, time, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested || _turns.Closing.IsCancellationRequested)
        {
            throw _turns.GivenUp(cancellationToken);
        }
        catch (OperationCanceledException) when (deadline.IsOver)
        {
            throw new QgaTimeoutException($"{name}: no answer to {request.Command} within {time.TotalSeconds} s");
        }
    }

    public async Task ExchangeAllAsync(
        Func<CancellationToken, ValueTask<Request?>> next,
        Func<Answer, CancellationToken, ValueTask> answered,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        using var givenUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _turns.Closing);
        try
        {
            while (await next(givenUp.Token).ConfigureAwait(false) is { } request)
                await answered(await ExchangeAsync(request, timeout, cancellationToken).ConfigureAwait(false), givenUp.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (givenUp.IsCancellationRequested)
        {
            throw _turns.GivenUp(cancellationToken);
        }
    }

    /// <summary>Ends the program that runs, and waits for that.</summary>
    public async ValueTask DisposeAsync()
    {
        using var last = await _turns.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Runs the program for a request.</summary>
    /// <exception cref="QgaException">There is no answer.</exception>
    protected abstract Task<Answer> AskAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>How long a request may take.</summary>
    protected virtual TimeSpan TimeFor(Request request, TimeSpan timeout) => timeout;

    /// <summary>An error of the agent in the words of a program.</summary>
    protected static Answer Error(string description) =>
        new(null, (IsUnavailable(description) ? "CommandNotFound" : "GenericError", description), null);

    /// <summary>The request as an argument of the program.</summary>
    protected string ArgumentOf(Request request)
    {
        var text = request.ToText();
        Limits.Check(request, Encoding.UTF8.GetByteCount(text));
        return text;
    }

    /// <remarks>The programs pass on the words, not the class. The words are those of qemu-ga of all versions, and ours.</remarks>
    private static bool IsUnavailable(string description) =>
        description.StartsWith("The command ", StringComparison.Ordinal) && description.EndsWith(" has not been found", StringComparison.Ordinal)
        || description.StartsWith("Command ", StringComparison.Ordinal) && description.Contains(" has been disabled", StringComparison.Ordinal);
}
