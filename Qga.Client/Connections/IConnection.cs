namespace Qga.Client;

/// <summary>A way to a guest's agent. Requests may come from several callers at once; they are sent one after the other.</summary>
internal interface IConnection : IAsyncDisposable
{
    ConnectionLimits Limits { get; }

    /// <summary>Waits for the agent's first answer.</summary>
    /// <exception cref="QgaException">There is no agent.</exception>
    Task OpenAsync(TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Sends one request and gives its answer, be it an error or not.</summary>
    /// <param name="request">The request.</param>
    /// <param name="timeout">From the request's turn on.</param>
    /// <param name="cancellationToken">Gives the answer up: the request may have been carried out.</param>
    /// <exception cref="QgaException">There is no answer.</exception>
    Task<Answer> ExchangeAsync(Request request, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Sends one request after the other, further ones before the answers to those before them where that is possible.</summary>
    /// <param name="next">Makes the next request, which is sent before another is made; null for the end.</param>
    /// <param name="answered">Takes an answer, whose payload is valid until it returns.</param>
    /// <param name="timeout">For each answer.</param>
    /// <param name="cancellationToken">Gives up the answers that are still to come.</param>
    /// <exception cref="QgaException">There is no answer; what <paramref name="answered"/> throws goes on, too.</exception>
    Task ExchangeAllAsync(
        Func<CancellationToken, ValueTask<Request?>> next,
        Func<Answer, CancellationToken, ValueTask> answered,
        TimeSpan timeout,
        CancellationToken cancellationToken);
}

/// <summary>What a way to a guest can carry.</summary>
/// <param name="LongestRequest">In bytes of JSON.</param>
/// <param name="ReadSize">How much of a file is asked for at once; in bytes.</param>
/// <param name="WriteSize">How much is written at once; in bytes.</param>
/// <param name="Depth">How many requests may be under way.</param>
/// <param name="ShortestWait">How long to wait between two questions about the same, at least.</param>
internal sealed record ConnectionLimits(int LongestRequest, int ReadSize, int WriteSize, int Depth, TimeSpan ShortestWait)
{
    /// <exception cref="QgaProtocolException">The request can't be carried.</exception>
    internal void Check(Request request, int length)
    {
        if (length > LongestRequest)
            throw new QgaProtocolException(
                $"{request.Command}: the request takes {length} bytes, and this way to the guest carries {LongestRequest}");
    }
}
