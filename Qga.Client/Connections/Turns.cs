namespace Qga.Client;

/// <summary>Who may use a connection: one caller after the other.</summary>
internal sealed class Turns
{
    private readonly SemaphoreSlim _free = new(1);
    private int _waiting;

    /// <summary>Whether somebody else waits.</summary>
    internal bool AreAwaited => Volatile.Read(ref _waiting) > 0;

    /// <summary>Waits for a turn, which ends when what is returned is disposed of.</summary>
    internal async Task<Turn> TakeAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        return new Turn(_free);
    }

    internal readonly struct Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
