namespace Qga.Client;

/// <summary>Who may use a connection: one caller after the other, until it is closed.</summary>
/// <param name="name">What errors call the connection.</param>
internal sealed class Turns(string name)
{
    private readonly SemaphoreSlim _free = new(1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _awaited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;

    /// <summary>Is cancelled when the connection is closed.</summary>
    internal CancellationToken Closing => _closing.Token;

    /// <summary>Whether somebody else waits.</summary>
    internal bool AreAwaited => WhenAwaited.IsCompleted;

    /// <summary>Completes when somebody else waits.</summary>
    internal Task WhenAwaited
    {
        get
        {
            lock (_gate)
                return _awaited.Task;
        }
    }

    /// <summary>Waits for a turn, which ends when what is returned is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    internal async Task<Turn> TakeAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Closing);
        try
        {
            return await WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw GivenUp(cancellationToken);
        }
    }

    /// <summary>Takes the turn if it is free.</summary>
    internal Turn? TryTake() => !Closing.IsCancellationRequested && _free.Wait(TimeSpan.Zero, CancellationToken.None) ? new Turn(_free) : null;

    /// <summary>Has everybody give up, and waits for the last turn.</summary>
    internal async Task<Turn> CloseAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        return await WaitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>What is thrown where the caller has given up or the connection was closed.</summary>
    internal Exception GivenUp(CancellationToken cancellationToken) => Closing.IsCancellationRequested
        ? new ObjectDisposedException(name, $"{name}: it was closed")
        : new OperationCanceledException(cancellationToken);

    private async Task<Turn> WaitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_free.Wait(TimeSpan.Zero, CancellationToken.None))
            return new Turn(_free);
        lock (_gate)
        {
            _waiting++;
            _awaited.TrySetResult();
        }

        try
        {
            await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                if (--_waiting == 0)
                    _awaited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        return new Turn(_free);
    }

    internal readonly struct Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
